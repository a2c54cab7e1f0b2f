import { randomUUID } from 'node:crypto'
import { fromUnknown, SeededRandom, silentLog, systemClock, systemRandom } from '@shardline/core'
import {
  AnswerSealer,
  createIdentity,
  encryptionKeysOf,
  FIRST_WINDOW_PREVIOUS,
  openPrompt,
  signTokenWindow,
} from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { MarketWork } from '@shardline/client'
import { answerEvents, askContent, WebSocketTransport } from '@shardline/wire'
import type { AnswerEvent, AskContent, AskMessage, Link, Listener } from '@shardline/wire'
import { deliverWork, startWork } from './served-market.ts'
import type { ServedMarket, TestDriver } from './served-market.ts'

const WORDS = ['Once', ' upon', ' a', ' time', ' fox', ' found', ' an', ' old', ' key', ' and', ' left', '.']
/** Tokens of every prompt. */
export const PAID_PROMPT_TOKENS = 7
const WINDOW_TOKENS = 4

/** What goes wrong after so many tokens. */
export interface Mishap {
  readonly afterTokens: number
  /**
   * `die`: it is gone, and doesn't come back by itself. `cut`: the link ends, and it hands in what it has. `fail`: it
   * gives the request back, and says that it failed. `hang`: nothing more comes; before the first token it claims nothing.
   * `cut-at-end`: the link ends behind all tokens, before `done`, and it hands in;
   * `die-at-end`: it hands in nothing.
   */
  readonly kind: 'die' | 'cut' | 'fail' | 'hang' | 'cut-at-end' | 'die-at-end'
}

/** A driver that is paid by a market and tells a story of its own: the same for the same seed, whoever tells it. */
export class PaidDriver implements AsyncDisposable {
  readonly driver: TestDriver
  readonly validator: Identity
  readonly asks: { readonly ask: string; readonly content: AskContent; readonly isAsAtMarket: boolean }[] = []
  /** Asks that it was told to cancel. */
  readonly cancelled: string[] = []
  readonly failures: string[] = []
  readonly digest: string
  /** Of the next answer. */
  mishap: Mishap | undefined
  /** Refuses so many asks before it takes one. */
  busyTimes = 0
  /** Tells another story. */
  isLying = false
  /** Milliseconds between two tokens. */
  tokenMs = 1
  /** It waits for this before each token, of which it is told how many came before. */
  beforeToken: (place: number) => Promise<void> = async () => undefined
  /** How many tokens an answer has, at the most. */
  tokensMax = 12
  readonly #links = new Set<Link>()
  #listener: Listener | undefined

  private constructor(driver: TestDriver, validator: Identity, digest: string) {
    this.driver = driver
    this.validator = validator
    this.digest = digest
  }

  static async start(
    served: ServedMarket,
    seed: number,
    { digest = 'ab'.repeat(32) }: { readonly digest?: string } = {},
  ): Promise<PaidDriver> {
    const paid = new PaidDriver(await served.driver(seed), await createIdentity(systemRandom), digest)
    await paid.listen()
    return paid
  }

  /** Listens, again if it has died, and says so to the market. */
  async listen(): Promise<void> {
    const self = { node: 'driver', role: 'driver', software: 'test' } as const
    const security = { identity: this.driver.identity }
    const transport = new WebSocketTransport({ clock: systemClock, log: silentLog }, { self, security })
    this.#listener = await transport.listen('ws://127.0.0.1:0', (link) => {
      this.#links.add(link)
      this.#serve(link)
        .catch(() => undefined)
        .finally(() => this.#links.delete(link))
    })
    await this.driver.work.register({
      roles: ['driver', 'worker', 'validator'],
      address: this.#listener.address,
    })
  }

  /** Whether it can be dialed. */
  get isListening(): boolean {
    return this.#listener !== undefined
  }

  async die(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    await Promise.all([...this.#links].map((link) => link.close('dead')))
    await listener?.close()
  }

  /** The text that it tells for a seed, of as many tokens. */
  static story(seed: number, tokens: number): string {
    return storyOf(seed, tokens).join('')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.die()
  }

  async #serve(link: Link): Promise<void> {
    const { digest } = this
    const model = {
      model: 'storyteller',
      digest,
      contextLength: 256,
      layerCount: 8,
      hasChat: true,
      hasTools: false,
    }
    const sealingKey = JSON.stringify(this.driver.keys.at(-1)?.entry)
    await link.send({ kind: 'offer', models: [model], sealingKey })
    for await (const message of link.messages()) {
      if (message.kind === 'ask-cancel') this.cancelled.push(message.ask)
      if (message.kind === 'ask') void this.#take(link, message)
    }
  }

  async #take(link: Link, message: AskMessage): Promise<void> {
    const { ask } = message
    try {
      if (this.busyTimes > 0) {
        this.busyTimes -= 1
        const refusal = { code: 'DRIVER_SERVICE_BUSY', message: 'busy', isRetryable: true, retryAfterMs: 1 }
        await link.send({ kind: 'ask-refused', ask, ...refusal })
        return
      }
      if (this.mishap?.kind === 'hang' && this.mishap.afterTokens < 0) return
      const work = await this.driver.work.claim({ key: randomUUID(), id: ask })
      if (work === undefined) throw new Error('there is no work')
      const { prompt, responseKey } = await openPrompt({
        sealed: Buffer.from(message.sealed, 'base64'),
        keys: await encryptionKeysOf(this.driver.keys),
        expected: { requestId: ask, driverId: this.driver.identity.id, lockedPrice: work.hold },
        clock: systemClock,
      })
      const content = askContent.decode(prompt)
      this.asks.push({ ask, content, isAsAtMarket: message.sealed === work.sealedPrompt })
      await startWork(this.driver, work)
      const sealer = await AnswerSealer.create({ responseKey, requestId: ask, random: systemRandom })
      await this.#answer({ work, content, out: new Out(link, ask, sealer) })
    } catch (cause) {
      this.failures.push(fromUnknown(cause).message)
    }
  }

  async #answer({ work, content, out }: Answering): Promise<void> {
    const { driver } = this
    const stages = [
      { role: 'driver', party: driver.identity.id, layers: null },
      { role: 'validator', party: this.validator.id, layers: null },
    ] as const
    const seed = content.sampling.seed ?? 0
    const facts = { model: 'storyteller', promptTokens: PAID_PROMPT_TOKENS, seed, contextLength: 256 }
    await out.send({ type: 'started', ...facts, stages })
    let output = 0
    for (let choice = 0; choice < content.choices; choice++) {
      const count = await this.#tell({ work, content, out }, choice, output)
      if (count === undefined) return
      output += count
    }
    const delivered = { prompt: PAID_PROMPT_TOKENS, output }
    const mishap = this.mishap?.kind
    if (mishap === 'cut-at-end' || mishap === 'die-at-end') {
      this.mishap = undefined
      await out.link.close('cut')
      if (mishap === 'cut-at-end') await this.#deliver(work, delivered)
      return
    }
    const times = { reusedTokens: 0, timeToFirstTokenMs: 1, durationMs: 2, isFailover: false }
    await out.end({ type: 'done', promptTokens: PAID_PROMPT_TOKENS, outputTokens: output, ...times })
    await this.#deliver(work, delivered)
  }

  /** Again and again while the market is away, as a driver does. */
  async #deliver(
    work: MarketWork,
    delivered: { readonly prompt: number; readonly output: number },
  ): Promise<void> {
    for (;;) {
      try {
        await deliverWork(this.driver, work, delivered)
        return
      } catch (cause) {
        if (!fromUnknown(cause).retryable) throw cause
      }
      await systemClock.sleep(20)
    }
  }

  /** One choice; its tokens, or undefined if something went wrong. */
  async #tell(
    { work, content, out }: Answering,
    choice: number,
    before: number,
  ): Promise<number | undefined> {
    const count = Math.min(content.maxTokens ?? this.tokensMax, this.tokensMax)
    const seed = (content.sampling.seed ?? 0) + choice + (this.isLying ? 1 : 0)
    const words = storyOf(seed, count)
    let previous = FIRST_WINDOW_PREVIOUS
    let pending: { readonly id: number; readonly bytes: Uint8Array }[] = []
    for (const [place, text] of words.entries()) {
      if (this.mishap !== undefined && before + place >= this.mishap.afterTokens) {
        await this.#suffer({ work, content, out }, this.mishap.kind, before + place)
        return undefined
      }
      await systemClock.sleep(this.tokenMs)
      await this.beforeToken(before + place)
      const token = { id: WORDS.indexOf(text), bytes: new TextEncoder().encode(text) }
      const shown = { id: token.id, bytes: Buffer.from(text).toString('hex'), logprob: -1, top: [] }
      await out.send({ type: 'piece', choice, text, tokens: [shown] })
      pending.push(token)
      const isEnd = place === words.length - 1
      if (pending.length < WINDOW_TOKENS && !isEnd) continue
      const window = Math.floor(place / WINDOW_TOKENS)
      const facts = { choice, window, end: isEnd ? 'stop-token' : 'none', previous } as const
      const signed = { ask: work.id, modelDigest: this.digest, tokens: pending, ...facts }
      const { signature, hash } = signTokenWindow(this.validator, signed)
      await out.send({ type: 'window', ...facts, tokenIds: pending.map(({ id }) => id), signature })
      previous = hash
      pending = []
    }
    await out.send({ type: 'choice-ended', choice, finishReason: 'stop', tokens: count })
    return count
  }

  async #suffer({ work, out }: Answering, kind: Mishap['kind'], output: number): Promise<void> {
    this.mishap = undefined
    if (kind === 'die') await this.die()
    else if (kind === 'cut') {
      await out.link.close('cut')
      await deliverWork(this.driver, work, { prompt: PAID_PROMPT_TOKENS, output })
    } else if (kind === 'fail') {
      await this.driver.work.release({ id: work.id, fence: work.fence })
      await out.end({ type: 'failed', code: 'DRIVER_STAGE_LOST', message: 'lost', isRetryable: true })
    }
  }
}

interface Answering {
  readonly work: MarketWork
  readonly content: AskContent
  readonly out: Out
}

/** The messages of one answer. */
class Out {
  readonly link: Link
  readonly #ask: string
  readonly #sealer: AnswerSealer
  #sequence = 0

  constructor(link: Link, ask: string, sealer: AnswerSealer) {
    this.link = link
    this.#ask = ask
    this.#sealer = sealer
  }

  async send(event: AnswerEvent): Promise<void> {
    await this.#put(this.#sealer.push(answerEvents.encode([event])), false)
  }

  async end(event: AnswerEvent): Promise<void> {
    await this.#put(this.#sealer.end(answerEvents.encode([event])), true)
  }

  async #put(chunk: Uint8Array, isLast: boolean): Promise<void> {
    const sequence = this.#sequence++
    const sealed = Buffer.concat(sequence === 0 ? [this.#sealer.header, chunk] : [chunk]).toString('base64')
    await this.link.send({ kind: 'answer', ask: this.#ask, sequence, isLast, sealed })
  }
}

function storyOf(seed: number, tokens: number): readonly string[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: tokens }, () => WORDS[random.integer(WORDS.length)] ?? '')
}
