import type { Identity } from '@shardline/identity'
import type { ApiRoute } from '../../docs/open-api.ts'
import type { Answer, SignedClient } from '../../support/signed-client.ts'
import { accessOf } from '../../docs/open-api.ts'
import { hostileRequests } from './hostile-requests.ts'
import type { HostileRequest, Sample } from './hostile-requests.ts'

/** Who attacks which route. */
export interface AttackInit {
  readonly client: SignedClient
  readonly route: ApiRoute
  readonly sample: Sample
  readonly as: Identity
  readonly victim: Identity
  readonly seed: number
  readonly bodyBytesMax: number
}

/** What was tried, and what didn't end as it must. */
export interface AttackReport {
  readonly tried: number
  readonly wrong: readonly string[]
}

const RANDOM_VALUES_OF_EACH_KIND = 2

/** Sends every hostile request to a route. Each must get a coded error of the right status. */
export async function attack(init: AttackInit): Promise<AttackReport> {
  const { client, route, sample, as, victim, seed, bodyBytesMax } = init
  const draw = { seed, count: RANDOM_VALUES_OF_EACH_KIND }
  const requests = hostileRequests({ route, sample, as, victim, draw, bodyBytesMax })
  const wrong: string[] = []
  for (const request of requests) {
    const answer = await client.ask(route.method, request.path, request.init)
    const fault = faultOf(request, answer)
    if (fault !== undefined) wrong.push(`${route.operation.operationId} ${request.why}: ${fault}`)
  }
  const replayed = await replay(init)
  return { tried: requests.length + (replayed === undefined ? 0 : 1), wrong: [...wrong, ...(replayed ?? [])] }
}

function faultOf({ statuses }: HostileRequest, answer: Answer): string | undefined {
  if (!statuses.includes(answer.status)) {
    return `status ${answer.status} instead of ${statuses.join(' or ')}: ${answer.text.slice(0, 200)}`
  }
  const { error } = answer
  if (typeof error?.code !== 'string' || !/^(?:MARKET|IDENTITY|LEDGER)_[A-Z_]+$/.test(error.code)) {
    return `no coded error: ${answer.text.slice(0, 200)}`
  }
  return typeof error.message === 'string' && error.message !== '' ? undefined : 'no message'
}

/** Sends one signed request twice, byte for byte. It's wrong in its query, so that the first doesn't do anything. */
async function replay({ client, route, as }: AttackInit): Promise<readonly string[] | undefined> {
  if (accessOf(route) === 'public') return undefined
  const path = `${route.path.replaceAll(/\{\w+\}/g, 'none')}?nonsense=1`
  const body =
    route.operation.requestBody === undefined ? undefined : new Uint8Array(Buffer.from('{"nonsense":1}'))
  const headers = client.sign(route.method, path, { as, body })
  const bytes = body === undefined ? {} : { bytes: body }
  await client.ask(route.method, path, { headers, ...bytes })
  const again = await client.ask(route.method, path, { headers, ...bytes })
  const code = again.error?.code
  return code === 'IDENTITY_NONCE_REUSED' && again.status === 401
    ? []
    : [`${route.operation.operationId} replayed: ${again.status} ${code}`]
}
