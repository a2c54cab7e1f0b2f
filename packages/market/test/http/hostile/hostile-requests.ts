import type { Identity } from '@shardline/identity'
import { systemClock } from '@shardline/core'
import { accessOf, bodyOf } from '../../docs/open-api.ts'
import type { ApiRoute, JsonSchema } from '../../docs/open-api.ts'
import type { AskInit } from '../../support/signed-client.ts'
import { wrongValues } from './wrong-values.ts'
import type { Draw } from './wrong-values.ts'

/** A request that is right but for what is changed about it. */
export interface Sample {
  /** Values of the parameters in the path. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
}

/** A request that must be refused. */
export interface HostileRequest {
  readonly why: string
  readonly path: string
  readonly init: AskInit
  /** Statuses that are right for it. */
  readonly statuses: readonly number[]
}

/** What hostile requests are made from. */
export interface HostileInit {
  readonly route: ApiRoute
  readonly sample: Sample
  /** Who asks. */
  readonly as: Identity
  /** Whose name is misused. */
  readonly victim: Identity
  readonly draw: Draw
  readonly bodyBytesMax: number
}

const MINUTE_AND_A_BIT_MS = 61_000
const INVALID = [400]
const UNSIGNED = [401]

/** Every way of asking wrongly that the description of a route allows to think of. */
export function hostileRequests(init: HostileInit): readonly HostileRequest[] {
  return [...wrongSignatures(init), ...wrongParameters(init), ...wrongBodies(init)]
}

/** The address of a sample. */
export function pathOf({ path }: ApiRoute, { params, query }: Sample): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(params?.[name] ?? ''),
  )
  const text = new URLSearchParams(query).toString()
  return text === '' ? filled : `${filled}?${text}`
}

function ask({ as, route }: HostileInit, sample: Sample, changes: AskInit = {}): AskInit {
  const isSigned = accessOf(route) !== 'public'
  return {
    ...(isSigned ? { as } : {}),
    ...(sample.body === undefined ? {} : { body: sample.body }),
    ...changes,
  }
}

function wrongSignatures(init: HostileInit): readonly HostileRequest[] {
  const { route, sample, victim } = init
  const access = accessOf(route)
  if (access === 'public') return []
  const path = pathOf(route, sample)
  const headers = ['shardline-party', 'shardline-time', 'shardline-nonce', 'shardline-signature']
  const now = (offsetMs: number): AskInit => ({ clock: { now: () => systemClock.now() + offsetMs } })
  const { as: _as, ...unsigned } = ask(init, sample)
  const cases: readonly (readonly [string, AskInit])[] = [
    ...(access === 'signed' ? [['is not signed', unsigned] as const] : []),
    ...headers.map((name) => [`lacks ${name}`, ask(init, sample, { without: [name] })] as const),
    ['is signed by another key', ask(init, sample, { headers: { 'shardline-party': victim.id } })],
    ['is for another market', ask(init, sample, { audience: victim.id })],
    ['is too old', ask(init, sample, now(-MINUTE_AND_A_BIT_MS))],
    ['is from the future', ask(init, sample, now(MINUTE_AND_A_BIT_MS))],
    ['has a bent time', ask(init, sample, { headers: { 'shardline-time': 'now' } })],
    ['has a bent nonce', ask(init, sample, { headers: { 'shardline-nonce': '!' } })],
    ['has a bent signature', ask(init, sample, { headers: { 'shardline-signature': 'A' } })],
    ['has a signature of zeros', ask(init, sample, { headers: { 'shardline-signature': 'A'.repeat(86) } })],
  ]
  return cases.map(([why, changed]) => ({ why, path, init: changed, statuses: UNSIGNED }))
}

function wrongParameters(init: HostileInit): readonly HostileRequest[] {
  const { route, sample, draw } = init
  const requests: HostileRequest[] = []
  const add = (why: string, changed: Sample, statuses: readonly number[] = INVALID): void => {
    requests.push({ why, path: pathOf(route, changed), init: ask(init, changed), statuses })
  }
  for (const { name, in: place, required, schema } of route.operation.parameters ?? []) {
    const texts = wrongValues(schema, draw)
      .map(({ why, value }) => ({ why, text: typeof value === 'string' ? value : JSON.stringify(value) }))
      .filter(({ text }) => !isTaken(text, schema))
    for (const { why, text } of texts) {
      if (place === 'query') add(`${name} ${why}`, { ...sample, query: { ...sample.query, [name]: text } })
      // An empty one is another path, and one that is too long isn't read at all.
      else if (text !== '' && !text.startsWith('.')) {
        add(`${name} ${why}`, { ...sample, params: { ...sample.params, [name]: text } }, [400, 404, 414])
      }
    }
    if (place === 'query' && required === true) {
      const { [name]: _gone, ...rest } = sample.query ?? {}
      add(`${name} is missing`, { ...sample, query: rest })
    }
  }
  add('has another parameter', { ...sample, query: { ...sample.query, another: '1' } })
  const [first] = Object.entries(sample.query ?? {})
  if (first !== undefined) {
    const path = `${pathOf(route, sample)}&${new URLSearchParams([first]).toString()}`
    requests.push({ why: 'names a parameter twice', path, init: ask(init, sample), statuses: INVALID })
  }
  return requests
}

/** Whether a text is right in a path or query after all: numbers are read from their text there. */
function isTaken(text: string, { type, pattern, maxLength, minimum, maximum }: JsonSchema): boolean {
  if (type === 'string') {
    return (pattern === undefined || new RegExp(pattern).test(text)) && text.length <= (maxLength ?? Infinity)
  }
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isInteger(value) && value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity)
}

function wrongBodies(init: HostileInit): readonly HostileRequest[] {
  const { route, sample, bodyBytesMax } = init
  const path = pathOf(route, sample)
  const schema = bodyOf(route)
  if (schema === undefined) {
    if (route.method === 'GET') return []
    return [{ why: 'has a body', path, init: ask(init, { ...sample, body: {} }), statuses: INVALID }]
  }
  const raw = (why: string, text: string | Uint8Array, status = 400): HostileRequest => ({
    why,
    path,
    init: ask(init, sample, { bytes: new Uint8Array(Buffer.from(text)) }),
    statuses: [status],
  })
  const whole = JSON.stringify(sample.body)
  const parsed = (why: string, body: unknown): HostileRequest => raw(why, JSON.stringify(body))
  return [
    raw('is empty', ''),
    raw('is cut off', whole.slice(0, -1)),
    raw('goes on', `${whole}]`),
    raw('is no JSON', 'hello'),
    raw('is a bomb of brackets', '['.repeat(50_000)),
    raw('is not in UTF-8', new Uint8Array([0x22, 0xff, 0x22])),
    raw('reaches a prototype', `${whole.slice(0, -1)},"__proto__":{}}`),
    raw('is too large', JSON.stringify({ ...sample.body, more: 'a'.repeat(bodyBytesMax) }), 413),
    {
      why: 'is of another kind',
      path,
      init: ask(init, sample, { headers: { 'content-type': 'text/plain' } }),
      statuses: [415],
    },
    ...[null, true, 1, 'text', [], [sample.body]].map((body) =>
      parsed(`is ${JSON.stringify(body).slice(0, 10)}`, body),
    ),
    ...wrongFields({ schema, value: sample.body ?? {}, draw: init.draw }).map(({ why, value }) =>
      parsed(why, value),
    ),
  ]
}

interface ObjectInit {
  readonly schema: JsonSchema
  readonly value: Readonly<Record<string, unknown>>
  readonly draw: Draw
}

interface WrongObject {
  readonly why: string
  readonly value: unknown
}

/** The object with each of its fields in turn wrong, missing, or one too many; and so within. */
function wrongFields({ schema, value, draw }: ObjectInit): readonly WrongObject[] {
  const wrong: WrongObject[] = []
  if (schema.properties === undefined) return wrong
  wrong.push({ why: 'has another field', value: { ...value, another: 1 } })
  for (const [name, field] of Object.entries(schema.properties)) {
    if (schema.required?.includes(name) === true) {
      const { [name]: _gone, ...rest } = value
      wrong.push({ why: `${name} is missing`, value: rest })
    }
    for (const { why, value: other } of wrongValues(field, draw)) {
      wrong.push({ why: `${name} ${why}`, value: { ...value, [name]: other } })
    }
    const inner = value[name]
    if (isObject(inner)) {
      for (const { why, value: other } of wrongFields({ schema: field, value: inner, draw })) {
        wrong.push({ why: `${name}.${why}`, value: { ...value, [name]: other } })
      }
    }
    if (Array.isArray(inner) && isObject(inner[0]) && field.items !== undefined) {
      for (const { why, value: other } of wrongFields({ schema: field.items, value: inner[0], draw })) {
        wrong.push({ why: `${name}[0].${why}`, value: { ...value, [name]: [other] } })
      }
    }
  }
  return wrong
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
