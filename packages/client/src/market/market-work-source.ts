import type { AnswerFields } from './answer-fields.ts'
import type { CallOptions } from './market-client.ts'
import { readDriver } from './market-driver.ts'
import { readNode } from './market-node.ts'
import type { MarketNode } from './market-node.ts'
import type { DriverFilters, MarketDriver } from './market-driver.ts'
import type { MarketHttp } from './market-http.ts'
import { readRequest } from './market-request.ts'
import type { MarketParticipants, MarketRequest, TokenCounts } from './market-request.ts'
import type {
  CapacityAsk,
  Fenced,
  HeldWork,
  MarketWork,
  NodeAsk,
  NodeDirectory,
  NodeRegistry,
  WorkAsk,
  WorkSource,
} from './work-source.ts'

/** The side of a market that nodes have, over HTTP. */
export class MarketWorkSource implements WorkSource, NodeRegistry, NodeDirectory {
  readonly #http: Pick<MarketHttp, 'ask'>

  constructor(http: Pick<MarketHttp, 'ask'>) {
    this.#http = http
  }

  async claim({ key, id, models }: WorkAsk, options: CallOptions = {}): Promise<MarketWork | undefined> {
    const path = id === undefined ? '/v1/claims' : `/v1/requests/${encodeURIComponent(id)}/claim`
    const body = { key, ...(id === undefined && models !== undefined ? { models } : {}) }
    const answer = await this.#http.ask({ method: 'POST', path, body, signal: options.signal })
    return answer.maybe('work', (from) => readWork(from.fields('work')))
  }

  start(
    { id, fence, participants }: Fenced & { readonly participants: MarketParticipants },
    options?: CallOptions,
  ): Promise<MarketRequest> {
    return this.#change(id, 'start', { body: { fence, participants }, options })
  }

  progress(
    { id, fence, delivered }: Fenced & { readonly delivered: TokenCounts },
    options?: CallOptions,
  ): Promise<MarketRequest> {
    return this.#change(id, 'progress', { body: { fence, delivered }, options })
  }

  async claims({ signal }: CallOptions = {}): Promise<readonly HeldWork[]> {
    const answer = await this.#http.ask({ method: 'GET', path: '/v1/claims', signal })
    return answer.list('claims', (fields) => ({
      id: fields.text('id'),
      model: fields.text('model'),
      fence: fields.number('fence'),
      leaseUntilMs: fields.number('leaseUntilMs'),
    }))
  }

  release({ id, fence }: Fenced, options?: CallOptions): Promise<MarketRequest> {
    return this.#change(id, 'release', { body: { fence }, options })
  }

  giveUp(ask: Parameters<WorkSource['giveUp']>[0], options?: CallOptions): Promise<MarketRequest> {
    const { id, fence, reason } = ask
    return this.#change(id, 'give-up', { body: { fence, reason }, options })
  }

  deliver(ask: Parameters<WorkSource['deliver']>[0], options?: CallOptions): Promise<MarketRequest> {
    const { id, fence, delivered, receipts } = ask
    return this.#change(id, 'deliver', { body: { fence, delivered, receipts }, options })
  }

  async register(ask: NodeAsk, { signal }: CallOptions = {}): Promise<void> {
    await this.#http.ask({ method: 'PUT', path: '/v1/nodes/self', body: ask, signal })
  }

  async withdraw({ signal }: CallOptions = {}): Promise<void> {
    await this.#http.ask({ method: 'DELETE', path: '/v1/nodes/self', signal })
  }

  async nodes(
    role: 'driver' | 'worker' | 'validator',
    { signal }: CallOptions = {},
  ): Promise<readonly MarketNode[]> {
    const answer = await this.#http.ask({
      method: 'GET',
      path: `/v1/nodes?role=${role}`,
      isSigned: false,
      signal,
    })
    return answer.list('nodes', readNode)
  }

  async reportCapacity(ask: CapacityAsk, { signal }: CallOptions = {}): Promise<MarketDriver> {
    return readDriver(await this.#http.ask({ method: 'PUT', path: '/v1/capacities/self', body: ask, signal }))
  }

  async withdrawCapacity(model: string, { signal }: CallOptions = {}): Promise<void> {
    const path = `/v1/capacities/self?${new URLSearchParams({ model }).toString()}`
    await this.#http.ask({ method: 'DELETE', path, signal })
  }

  async #change(
    id: string,
    what: string,
    { body, options }: { readonly body: unknown; readonly options: CallOptions | undefined },
  ): Promise<MarketRequest> {
    const path = `/v1/requests/${encodeURIComponent(id)}/${what}`
    return readRequest(await this.#http.ask({ method: 'POST', path, body, signal: options?.signal }))
  }
}

function readWork(fields: AnswerFields): MarketWork {
  return {
    id: fields.text('id'),
    model: fields.text('model'),
    user: fields.party('user'),
    fence: fields.number('fence'),
    leaseUntilMs: fields.number('leaseUntilMs'),
    deadlineMs: fields.number('deadlineMs'),
    lockedPrice: fields.text('lockedPrice'),
    hold: fields.whole('hold'),
    promptTokensMax: fields.number('promptTokensMax'),
    outputTokensMax: fields.number('outputTokensMax'),
    filters: readFilters(fields.fields('filters')),
    sealedPrompt: fields.text('sealedPrompt'),
  }
}

function readFilters(fields: AnswerFields): DriverFilters {
  const optional = <T>(name: string, read: (from: AnswerFields) => T): Readonly<Record<string, T>> =>
    fields.has(name) ? { [name]: read(fields) } : {}
  const text = (name: string): object => optional(name, (from) => from.text(name))
  const number = (name: string): object => optional(name, (from) => from.number(name))
  const parties = (name: string): object => optional(name, (from) => from.parties(name))
  return {
    ...parties('drivers'),
    ...parties('workers'),
    ...optional('trustedWorkersOnly', (from) => from.flag('trustedWorkersOnly')),
    ...number('completedMin'),
    ...number('successRatioMin'),
    ...number('preferenceMin'),
    ...text('region'),
    ...text('maxPrice'),
    ...number('maxTimeMs'),
    ...text('numericClass'),
    ...text('quantization'),
  }
}
