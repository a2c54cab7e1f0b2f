import { randomUUID } from 'node:crypto'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Log } from '@shardline/core'
import {
  ANSWER_HEADER_BYTES,
  AnswerOpener,
  SEED_BYTES,
  createIdentity,
  historyKeyFromSeed,
  partyIdOf,
  sealPrompt,
} from '@shardline/identity'
import type { HistoryKey, Identity } from '@shardline/identity'
import { MemoryNetwork, MemoryTransport, answerEvents, askContent } from '@shardline/wire'
import type { AnswerEvent, AskContent, Link, Message, PeerRole } from '@shardline/wire'
import { serveAnswers } from '../../src/index.ts'
import type { AnswerService, PaymentOptions, ServedModel, ServiceLimits } from '../../src/index.ts'
import type { MarketDouble } from './market-double.ts'
import { ScriptedPipeline } from './scripted-pipeline.ts'
import { toyTokenizer } from './toy-model.ts'

/** How an ask ended: its events, or the refusal. */
export interface Outcome {
  readonly events: readonly AnswerEvent[]
  readonly last: AnswerEvent | undefined
  readonly refused: { readonly code: string; readonly isRetryable: boolean } | undefined
}

/** Options of {@link startPaidService}. */
export interface PaidServiceInit {
  readonly market: MarketDouble
  readonly limits?: ServiceLimits
  readonly payment?: Partial<PaymentOptions>
  /** @default none */
  readonly log?: Log
}

/** A service that a market pays, over a pipeline that says what it is told to, and users of it. */
export interface PaidService extends AsyncDisposable {
  readonly service: AnswerService
  readonly pipeline: ScriptedPipeline
  readonly driver: Identity
  user(): Promise<PaidUser>
}

/** A user's link. */
export interface PaidUser {
  readonly link: Link
  /** Asks; resolves when the answer has ended, or with what came until the link did. */
  ask(ask?: AskTold): Promise<Outcome>
}

/** What is asked, where it isn't the usual. */
export interface AskTold {
  readonly id?: string
  readonly hold?: bigint
  readonly content?: Partial<AskContent>
  /** Whether the market gets another prompt than the driver, or none. @default false */
  readonly isOther?: boolean
  readonly onEvent?: (event: AnswerEvent) => void
}

const CONTENT: AskContent = {
  model: null,
  input: { kind: 'ids', ids: [1, 2, 3] },
  maxTokens: null,
  sampling: {
    temperature: null,
    topK: null,
    topP: null,
    minP: null,
    repetitionPenalty: null,
    presencePenalty: null,
    frequencyPenalty: null,
    logitBias: [],
    seed: 1,
    topLogprobs: 0,
  },
  stopStrings: [],
  choices: 1,
  grammar: null,
}

export async function startPaidService(init: PaidServiceInit): Promise<PaidService> {
  const world = { clock: systemClock, log: init.log ?? silentLog }
  const network = new MemoryNetwork(world)
  const [driver, first, second, validator] = await Promise.all(
    [0, 1, 2, 3].map(() => createIdentity(systemRandom)),
  )
  if (driver === undefined || first === undefined || second === undefined || validator === undefined) {
    throw new Error('four parties')
  }
  const transportOf = (role: PeerRole, identity: Identity): MemoryTransport =>
    new MemoryTransport(
      { ...world, network },
      { self: { node: role, role, software: 'test' }, security: { identity, formatKey: partyIdOf } },
    )
  const pipeline = new ScriptedPipeline([first.id, second.id], validator)
  const model: ServedModel = {
    name: 'toy',
    marketModel: 'toy/q4',
    digest: 'ab'.repeat(32),
    contextLength: 64,
    layerCount: 4,
    vocabularySize: 100,
    stopTokenIds: [0],
    suggested: {},
    tokenizer: toyTokenizer,
    chatTemplate: undefined,
    form: () => Promise.resolve(pipeline),
  }
  const service = await serveAnswers(
    { ...world, random: systemRandom, identity: driver, transport: transportOf('driver', driver) },
    {
      listen: 'memory:service',
      models: [model],
      limits: { settleWaitMsMax: 60_000, deliveryRetryMsMin: 1, deliveryRetryMsMax: 5, ...init.limits },
      payment: { market: init.market, ...init.payment },
    },
  )
  return {
    service,
    pipeline,
    driver,
    user: async () => {
      const link = await transportOf('client', await createIdentity(systemRandom)).dial('memory:service')
      return new User(link, driver, init.market)
    },
    [Symbol.asyncDispose]: () => service.stop(),
  }
}

class User implements PaidUser {
  readonly link: Link
  readonly #driver: Identity
  readonly #market: MarketDouble
  readonly #messages: AsyncIterator<Message>
  #sealingKey: Uint8Array | undefined

  constructor(link: Link, driver: Identity, market: MarketDouble) {
    this.link = link
    this.#driver = driver
    this.#market = market
    this.#messages = link.messages()[Symbol.asyncIterator]()
  }

  async ask({
    id = randomUUID(),
    hold = 5_000n,
    content = {},
    isOther,
    onEvent,
  }: AskTold = {}): Promise<Outcome> {
    const historyKey = historyKeyFromSeed(systemRandom.bytes(SEED_BYTES))
    const sealed = await this.#seal({ id, hold, content }, historyKey)
    if (isOther !== true) this.#market.sealedPrompts.set(id, sealed)
    await this.link.send({ kind: 'ask', ask: id, sealed })
    const events: AnswerEvent[] = []
    let opener: AnswerOpener | undefined
    for (;;) {
      const message = await this.#next()
      if (message === undefined) return { events, last: events.at(-1), refused: undefined }
      if (message.kind === 'ask-refused') return { events, last: undefined, refused: message }
      if (message.kind !== 'answer') continue
      const bytes = Buffer.from(message.sealed, 'base64')
      const isFirst = opener === undefined
      const header = bytes.subarray(0, ANSWER_HEADER_BYTES)
      opener ??= await AnswerOpener.create({ header, requestId: id, historyKey, chunkBytesMax: 1 << 20 })
      const text = opener.open(isFirst ? bytes.subarray(ANSWER_HEADER_BYTES) : bytes)
      for (const event of answerEvents.decode(text)) {
        events.push(event)
        onEvent?.(event)
      }
      if (message.isLast) return { events, last: events.at(-1), refused: undefined }
    }
  }

  /** Base64. */
  async #seal(
    { id, hold, content }: Required<Pick<AskTold, 'id' | 'hold' | 'content'>>,
    historyKey: HistoryKey,
  ): Promise<string> {
    const sealed = await sealPrompt({
      prompt: askContent.encode({ ...CONTENT, ...content }),
      driverKey: await this.#key(),
      terms: {
        requestId: id,
        driverId: this.#driver.id,
        lockedPrice: hold,
        expiresAtMs: systemClock.now() + 60_000,
      },
      historyKey,
      random: systemRandom,
    })
    return Buffer.from(sealed).toString('base64')
  }

  async #key(): Promise<Uint8Array> {
    while (this.#sealingKey === undefined) {
      const message = await this.#next()
      if (message?.kind !== 'offer') continue
      const { encryptionKey } = JSON.parse(message.sealingKey) as { readonly encryptionKey: string }
      this.#sealingKey = Buffer.from(encryptionKey, 'base64url')
    }
    return this.#sealingKey
  }

  /** Undefined when the link has ended. */
  async #next(): Promise<Message | undefined> {
    try {
      const entry = await this.#messages.next()
      return entry.done === true ? undefined : entry.value
    } catch {
      return undefined
    }
  }
}
