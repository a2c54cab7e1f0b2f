import { base64 } from '@scure/base'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, Random, ShardlineError } from '@shardline/core'
import { partyIdOf, publicKeyOf, sealPrompt } from '@shardline/identity'
import type { HistoryKey } from '@shardline/identity'
import { askContent, SEALED_BYTES_MAX } from '@shardline/wire'
import type { AskContent, Transport } from '@shardline/wire'
import type { AnswerSource, AskOptions, AskStream, OfferedModel } from './answer-source.ts'
import { AskExchange } from './ask-exchange.ts'
import type { DriverTarget } from './driver-target.ts'
import { DriverAnswerInvalidError, DriverUnreachableError, SourceClosedError } from './errors.ts'
import * as limits from './limits.ts'
import { LiveLink } from './live-link.ts'
import type { Offer } from './offer.ts'
import { requestUuid } from './request-uuid.ts'

/** Limits of a client that can be set. */
export interface ClientLimits {
  /** @default DIAL_MS_MAX */
  readonly dialMsMax?: Milliseconds
  /** @default OFFER_MS_MAX */
  readonly offerMsMax?: Milliseconds
  /** @default RECONNECT_MS_MAX */
  readonly reconnectMsMax?: Milliseconds
  /** @default ANSWER_SILENCE_MS_MAX */
  readonly answerSilenceMsMax?: Milliseconds
  /** @default ASK_EXPIRY_MS */
  readonly askExpiryMs?: Milliseconds
  /** @default ANSWER_BUFFER_BYTES_MAX */
  readonly answerBufferBytesMax?: number
  /** @default ANSWER_MESSAGE_BYTES_MAX */
  readonly answerMessageBytesMax?: number
}

/** What a {@link DriverConnection} works with. */
export interface DriverConnectionComponents {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly historyKey: HistoryKey
}

/** What a {@link DriverConnection} is to reach. */
export interface DriverConnectionInit extends DriverTarget {
  readonly limits?: ClientLimits
}

/** What a market and a user agreed on for one ask. */
export interface AskTerms {
  /** The request's id, a UUID. */
  readonly ask: string
  /** Microcredits. */
  readonly lockedPrice: bigint
  /** Milliseconds since the Unix epoch. */
  readonly expiresAtMs: number
}

/** Options of one ask of a driver. */
export interface DriverAskOptions extends AskOptions {
  readonly terms?: AskTerms
  /** Base64: this content, sealed before by these terms, as the market has it. @default it is sealed now */
  readonly sealed?: string
}

/** Bytes that the seal adds to a prompt at the most. */
const SEAL_BYTES = 8_192

/** One driver, reached over one link that is made anew when it was lost. */
export class DriverConnection implements AnswerSource {
  readonly #components: DriverConnectionComponents
  readonly #init: DriverConnectionInit
  readonly #over = new AbortController()
  #live: LiveLink | undefined
  #connecting: Promise<LiveLink> | undefined

  constructor(components: DriverConnectionComponents, init: DriverConnectionInit) {
    this.#components = components
    this.#init = init
  }

  /** Whether a link to the driver stands. */
  get isLinked(): boolean {
    return this.#live?.isOver === false
  }

  /** Connects for the first time, trying each address once. @throws as connectDriver. */
  async open(signal: AbortSignal | undefined): Promise<void> {
    await this.#connect(AbortSignal.any([this.#over.signal, ...(signal === undefined ? [] : [signal])]))
  }

  async models(): Promise<readonly OfferedModel[]> {
    const { offer } = await this.#link()
    return offer.models
  }

  /** Asks; with `terms` under the id and price that a market gave, else for nothing under an id of its own. */
  ask(content: AskContent, options: DriverAskOptions = {}): AskStream {
    const { clock, random } = this.#components
    const settings = this.#init.limits ?? {}
    const terms = options.terms ?? {
      ask: requestUuid(random),
      lockedPrice: 0n,
      expiresAtMs: clock.now() + (settings.askExpiryMs ?? limits.ASK_EXPIRY_MS),
    }
    let used: LiveLink | undefined
    const exchange = new AskExchange(this.#components, {
      ask: terms.ask,
      content,
      driver: this.#init.driver,
      validators: this.#init.validators,
      lockedPrice: options.terms === undefined ? undefined : String(terms.lockedPrice),
      silenceMsMax: settings.answerSilenceMsMax ?? limits.ANSWER_SILENCE_MS_MAX,
      bufferBytesMax: settings.answerBufferBytesMax ?? limits.ANSWER_BUFFER_BYTES_MAX,
      messageBytesMax: settings.answerMessageBytesMax ?? limits.ANSWER_MESSAGE_BYTES_MAX,
      signal: options.signal,
      onOver: (isDone) => used?.forget(terms.ask, isDone),
    })
    const submit = async (): Promise<void> => {
      const { live, offer } = await this.#link()
      const sealed = options.sealed ?? (await this.#seal(content, terms, offer))
      if (exchange.over.aborted) return
      used = live
      exchange.begin(offer.models)
      await live.submit(exchange, sealed)
    }
    submit().catch((cause: unknown) => exchange.fail(fromUnknown(cause)))
    return exchange
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new SourceClosedError())
    await this.#live?.close('the client closes')
  }

  async #seal(content: AskContent, terms: AskTerms, offer: Offer): Promise<string> {
    const { random, historyKey } = this.#components
    const { ask: requestId, lockedPrice, expiresAtMs } = terms
    const sealed = await sealPrompt({
      prompt: askContent.encode(content),
      driverKey: offer.sealingKey,
      terms: { requestId, driverId: this.#init.driver, lockedPrice, expiresAtMs },
      historyKey,
      random,
      promptBytesMax: SEALED_BYTES_MAX - SEAL_BYTES,
    })
    return base64.encode(sealed)
  }

  async #link(): Promise<{ readonly live: LiveLink; readonly offer: Offer }> {
    if (this.#over.signal.aborted) throw new SourceClosedError()
    const live = this.#live?.isOver === false ? this.#live : await (this.#connecting ??= this.#reconnect())
    return { live, offer: live.offer ?? (await live.offered) }
  }

  /** Rounds over the addresses, until one leads to the driver or the time is up. */
  async #reconnect(): Promise<LiveLink> {
    const { clock } = this.#components
    const { reconnectMsMax = limits.RECONNECT_MS_MAX } = this.#init.limits ?? {}
    const untilMs = clock.monotonic() + reconnectMsMax
    try {
      for (let waitMs = limits.RECONNECT_WAIT_MS; ; waitMs *= 2) {
        try {
          return await this.#connect(this.#over.signal)
        } catch (cause) {
          if (!(cause instanceof DriverUnreachableError)) throw cause
          if (clock.monotonic() + waitMs > untilMs) throw cause
        }
        await clock.sleep(waitMs, { signal: this.#over.signal })
      }
    } finally {
      this.#connecting = undefined
    }
  }

  async #connect(signal: AbortSignal): Promise<LiveLink> {
    const { driver, addresses } = this.#init
    let last: ShardlineError | undefined
    for (const address of addresses) {
      try {
        this.#live = await this.#dial(address, signal)
        return this.#live
      } catch (cause) {
        last = fromUnknown(cause)
        if (this.#over.signal.aborted) throw new SourceClosedError()
        if (signal.aborted) throw new AbortedError('connecting to the driver', signal.reason)
        if (!last.code.startsWith('WIRE_') && last.code !== 'CORE_ABORTED') throw last
      }
    }
    throw new DriverUnreachableError(driver, addresses, last ?? new SourceClosedError())
  }

  async #dial(address: string, signal: AbortSignal): Promise<LiveLink> {
    const { transport, clock, log } = this.#components
    const { driver, limits: settings = {} } = this.#init
    const { dialMsMax = limits.DIAL_MS_MAX, offerMsMax = limits.OFFER_MS_MAX } = settings
    const link = await within(dialMsMax, { clock, signal }, (until) =>
      transport.dial(address, { signal: until, expectPublicKey: publicKeyOf(driver) }),
    )
    const { publicKey } = link.peer
    if (publicKey !== undefined && partyIdOf(publicKey) !== driver) {
      await link.close('another driver was expected')
      throw new DriverAnswerInvalidError(driver, `${partyIdOf(publicKey)} is at ${address}`)
    }
    const live = new LiveLink({ link, clock, log }, driver)
    try {
      await within(offerMsMax, { clock, signal }, (until) => untilAborted(live.offered, until))
    } catch (cause) {
      await live.close('no offer that can be used')
      throw cause
    }
    log.info('driver-link', { driver, address })
    return live
  }
}

/** Runs `action` with a signal that aborts when the time is up. */
async function within<T>(
  msMax: Milliseconds,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  action: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController()
  const late = new AbortController()
  clock.sleep(msMax, { signal: done.signal }).then(
    () => late.abort(),
    () => undefined,
  )
  try {
    return await action(AbortSignal.any([signal, late.signal]))
  } finally {
    done.abort()
  }
}

/** @throws AbortedError if `signal` aborts first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new AbortedError('the wait for an offer', signal.reason))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
