import type { Clock, Milliseconds, ShardlineError } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import { formatPeerAddress } from '@shardline/node'
import { partyIdOf } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import type {
  ErrorMessage,
  Link,
  Message,
  ProgressMessage,
  RequestId,
  SessionClosedMessage,
  TokensMessage,
} from '@shardline/wire'
import { LinkClosedError } from '@shardline/wire'
import { StageAnswerUnexpectedError, StageFailedError, StageLostError, StageSilentError } from './errors.ts'
import { RELEASE_MS_MAX } from './limits.ts'
import type { StageIdentity } from './stage-identity.ts'

/** Messages that answer a request of the driver. */
type Reply = Extract<
  Message,
  { readonly kind: 'description' | 'ready' | 'reformed' | 'session-opened' | 'measured' | 'receipt' }
>

/** What a stage says without being asked; called in order of arrival, from the link's reading loop. */
export interface StageLinkHandlers {
  onTokens(message: TokensMessage): void
  onSessionClosed(message: SessionClosedMessage): void
  /** An error that answers no request. */
  onError(stage: StageIdentity, message: ErrorMessage): void
  /** The stage is gone: its link broke or ended, or it said that it leaves. Called once. */
  onLost(error: ShardlineError): void
}

/** How long a request may take. */
export interface RequestOptions {
  /** For messages: what is waited for. */
  readonly what: string
  /** Time without an answer or a progress message. */
  readonly silenceMsMax: Milliseconds
  readonly onProgress: ((progress: ProgressMessage) => void) | undefined
  readonly signal: AbortSignal | undefined
}

const DRIVER_KINDS: ReadonlySet<Message['kind']> = new Set<Message['kind']>([
  'describe',
  'plan',
  'reform',
  'join',
  'hidden',
  'release',
  'session-open',
  'measure',
  'receipt-ask',
])

const nothing = (): void => undefined

const SILENT: StageLinkHandlers = Object.freeze({
  onTokens: nothing,
  onSessionClosed: nothing,
  onError: nothing,
  onLost: nothing,
})

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: ShardlineError) => void
  readonly onProgress: (progress: ProgressMessage) => void
}

/** The driver's link to one stage: sends, matches answers to requests, and passes on the rest. */
export class StageLink {
  /** Resolves when the stage is gone, by its will or not. Never rejects. */
  readonly lost: Promise<ShardlineError>
  readonly #link: Link
  readonly #clock: Clock
  readonly #waiting = new Map<RequestId, Waiting>()
  #identity: StageIdentity
  #handlers: StageLinkHandlers | undefined
  #requests = 0
  #lost: ShardlineError | undefined
  #tellLost: (error: ShardlineError) => void = () => undefined
  #isClosing = false
  #isLeaving = false

  constructor(components: { readonly link: Link; readonly clock: Clock }, identity: StageIdentity) {
    this.#link = components.link
    this.#clock = components.clock
    this.#identity = identity
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve
    })
    void this.#read()
  }

  /** Which stage it is, as far as it is known by now. */
  get identity(): StageIdentity {
    return this.#identity
  }

  /** Why the stage is gone; undefined while it is there. */
  get failure(): ShardlineError | undefined {
    return this.#lost
  }

  /** Whether it is gone because it said that it leaves. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Who it proved to be; undefined where nothing is proved. */
  get party(): PartyId | undefined {
    const { publicKey } = this.#link.peer
    return publicKey === undefined ? undefined : partyIdOf(publicKey)
  }

  /** How the stage before it dials it: with the key that it proved, so that it is this one which is reached. */
  get dialAddress(): string {
    return formatPeerAddress(this.#identity.address, this.#link.peer.publicKey)
  }

  /** Negotiated protocol version. */
  get protocol(): number {
    return this.#link.protocol
  }

  /** Pings the stage; resolves with milliseconds, or undefined without an answer. */
  measureRoundTrip(): Promise<Milliseconds | undefined> {
    return this.#link.measureRoundTrip()
  }

  /** Adds what has become known of the stage. */
  identify(known: Partial<StageIdentity>): void {
    this.#identity = { ...this.#identity, ...known }
  }

  /** Says who gets what isn't an answer. A loss that happened before is told at once. */
  handle(handlers: StageLinkHandlers): void {
    this.#handlers = handlers
    if (this.#lost !== undefined && !this.#isClosing) handlers.onLost(this.#lost)
  }

  /**
   * Hands a message over; resolves when there is room again.
   *
   * @throws StageLostError if the link is gone; what {@link Link.send} throws for a message that it refuses.
   */
  async send(message: Message): Promise<void> {
    try {
      await this.#link.send(message)
    } catch (cause) {
      // A message that the link refuses is our own fault; only a closed link means that the stage is gone.
      if (!(cause instanceof LinkClosedError)) throw fromUnknown(cause)
      throw this.#lost ?? new StageLostError(this.#identity, cause.message, cause)
    }
  }

  /**
   * Sends what `build` makes of a request number and waits for the answer. Every progress message starts the wait anew:
   * slow is not dead.
   *
   * @throws StageFailedError if the stage answers with an error, StageSilentError, StageLostError, AbortedError.
   */
  async request(build: (request: RequestId) => Message, options: RequestOptions): Promise<Reply> {
    if (this.#lost !== undefined) throw this.#lost
    const request = ++this.#requests
    const over = new AbortController()
    let lastSignMs = this.#clock.monotonic()
    const reply = new Promise<Reply>((resolve, reject) => {
      const onProgress = (progress: ProgressMessage): void => {
        lastSignMs = this.#clock.monotonic()
        options.onProgress?.(progress)
      }
      this.#waiting.set(request, { resolve, reject, onProgress })
    })
    const onAbort = (): void => this.#fail(request, new AbortedError(options.what, options.signal?.reason))
    options.signal?.addEventListener('abort', onAbort, { once: true })
    if (options.signal?.aborted === true) onAbort()
    const watch = async (): Promise<void> => {
      for (;;) {
        const leftMs = lastSignMs + options.silenceMsMax - this.#clock.monotonic()
        if (leftMs <= 0) break
        await this.#clock.sleep(leftMs, { signal: over.signal })
      }
      this.#fail(request, new StageSilentError(this.#identity, options.what, options.silenceMsMax))
    }
    watch().catch(() => undefined) // Ends by `over` when the answer is there.
    try {
      // Both at once: an answer, or a failure of the request, may be faster than the room for the message.
      this.send(build(request)).catch((cause: unknown) => this.#fail(request, fromUnknown(cause)))
      return await reply
    } finally {
      over.abort()
      options.signal?.removeEventListener('abort', onAbort)
      this.#waiting.delete(request)
    }
  }

  /** Nothing that the stage says counts any more. */
  ignore(): void {
    this.#handlers = SILENT
  }

  /** Says goodbye and closes, within RELEASE_MS_MAX; a broken link is no failure. */
  async close(farewell: Message | undefined, reason: string): Promise<void> {
    this.#isClosing = true
    const goodbye = async (): Promise<void> => {
      if (farewell !== undefined && this.#lost === undefined) await this.#link.send(farewell)
      await this.#link.close(reason)
    }
    const over = new AbortController()
    const patience = this.#clock.sleep(RELEASE_MS_MAX, { signal: over.signal }).catch(() => undefined)
    await Promise.race([goodbye().catch(() => undefined), patience])
    over.abort()
  }

  async #read(): Promise<void> {
    let reason: string | undefined
    let cause: unknown
    try {
      for await (const message of this.#link.messages()) this.#take(message)
      reason = `its link ended: ${this.#link.closeReason ?? 'no reason given'}`
    } catch (thrown) {
      cause = thrown
      reason = fromUnknown(thrown).message
    }
    this.#lose(new StageLostError(this.#identity, reason, cause))
  }

  #lose(error: ShardlineError): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    this.#tellLost(error)
    for (const request of this.#waiting.keys()) this.#fail(request, error)
    if (!this.#isClosing) this.#handlers?.onLost(error)
  }

  #fail(request: RequestId, error: ShardlineError): void {
    this.#waiting.get(request)?.reject(error)
    this.#waiting.delete(request)
  }

  #take(message: Message): void {
    if (message.kind === 'tokens') this.#handlers?.onTokens(message)
    else if (message.kind === 'session-closed') this.#handlers?.onSessionClosed(message)
    else if (message.kind === 'progress') this.#waiting.get(message.request)?.onProgress(message)
    else if (message.kind === 'error') this.#takeError(message)
    else if (message.kind === 'leaving') this.#leave(message.reason)
    else if (isReply(message)) this.#waiting.get(message.request)?.resolve(message)
    else this.#takeOther(message)
  }

  #leave(reason: string): void {
    this.#isLeaving = true
    this.#lose(new StageLostError(this.#identity, `it leaves: ${reason}`))
  }

  /** Greetings and goodbyes are the transport's business; what only a driver sends shows a confused peer. */
  #takeOther(message: Message): void {
    if (!DRIVER_KINDS.has(message.kind)) return
    const what = `a ${message.kind} message, which only a driver sends`
    this.#lose(new StageAnswerUnexpectedError(this.#identity, what))
  }

  #takeError(message: ErrorMessage): void {
    const isAnswer = message.request !== null && this.#waiting.has(message.request)
    const error = new StageFailedError(this.#identity, message)
    if (message.request !== null && isAnswer) this.#fail(message.request, error)
    else if (this.#handlers === undefined && message.request === null) this.#lose(error)
    // Whoever asked is told, or has given it up; what sessions it cost concerns others too.
    if (this.#handlers === undefined || (message.request !== null && message.sessions.length === 0)) return
    this.#handlers.onError(this.#identity, message)
  }
}

const REPLY_KINDS: ReadonlySet<Message['kind']> = new Set<Reply['kind']>([
  'description',
  'ready',
  'reformed',
  'session-opened',
  'measured',
  'receipt',
])

function isReply(message: Message): message is Reply {
  return REPLY_KINDS.has(message.kind)
}
