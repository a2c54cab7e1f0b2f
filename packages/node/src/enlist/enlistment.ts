import { AbortedError, fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, Random, ShardlineError } from '@shardline/core'
import { publicKeyOf } from '@shardline/identity'
import { LinkClosedError, MessageUnexpectedError, PeerWrongError } from '@shardline/wire'
import type { EnlistedMessage, EnlistMessage, Link, Message, Transport } from '@shardline/wire'
import { EnlistRefusedError, EnlistSilentError } from '../errors.ts'
import { ENLIST_ANSWER_MS_MAX, ENLIST_RETRY_MS_MAX, ENLIST_RETRY_MS_MIN } from '../limits.ts'
import { within } from '../within.ts'
import type { NodeInvite } from './node-invite.ts'

/** What a node offers a driver. */
export type EnlistOffer = Pick<EnlistMessage, 'addresses' | 'models' | 'memoryBytes' | 'threads'>

/** How a node stands with the driver that it was invited by. */
export type EnlistmentState =
  | { readonly kind: 'enlisted'; readonly driver: string; readonly address: string; readonly missing: string }
  /** It isn't reached, or has no room; it is asked again. */
  | { readonly kind: 'away'; readonly error: ShardlineError }
  /** It doesn't take the node, and isn't asked again. */
  | { readonly kind: 'refused'; readonly error: ShardlineError }
  | { readonly kind: 'left' }

/** What an {@link Enlistment} works with. */
export interface EnlistmentComponents {
  /** Dials in the name of the node's role. */
  readonly transport: Pick<Transport, 'dial'>
  readonly clock: Clock
  readonly random: Pick<Random, 'float'>
  readonly log: Log
}

/** Options of an {@link Enlistment}. */
export interface EnlistmentInit {
  readonly invite: NodeInvite
  /** What it offers now; asked for each time that it enlists. */
  readonly offer: () => Promise<EnlistOffer>
  /** Told of every change. */
  readonly onState?: (state: EnlistmentState) => void
  /** @default ENLIST_ANSWER_MS_MAX */
  readonly answerMsMax?: Milliseconds
  /** @default ENLIST_RETRY_MS_MIN */
  readonly retryMsMin?: Milliseconds
  /** @default ENLIST_RETRY_MS_MAX */
  readonly retryMsMax?: Milliseconds
}

interface Enlisted {
  readonly link: Link
  readonly messages: AsyncIterator<Message>
}

const REQUEST = 1
/** Refusals that nothing mends but a new invite, or another key. */
const FINAL: ReadonlySet<string> = new Set(['NODE_PASS_WRONG', 'NODE_PASS_EXPIRED', 'DRIVER_ENLIST_REPLACED'])

/**
 * Keeps a node enlisted with the driver that invited it: says what it offers, stays linked, and enlists again when the link
 * ends, later and later. A refusal of the first time ends it; later ones only if the invite is what's wrong or another process
 * has its key, since a driver that took the node once may take it again.
 */
export class Enlistment implements AsyncDisposable {
  readonly #components: EnlistmentComponents
  readonly #init: EnlistmentInit
  readonly #over = new AbortController()
  #state: EnlistmentState | undefined
  #link: Link | undefined
  #keeping: Promise<void> = Promise.resolve()
  #tellRefused: (error: ShardlineError) => void = () => undefined
  /** Resolves when the driver refuses the node for good. Never rejects. */
  readonly refused: Promise<ShardlineError>

  constructor(components: EnlistmentComponents, init: EnlistmentInit) {
    this.#components = components
    this.#init = init
    this.refused = new Promise((resolve) => {
      this.#tellRefused = resolve
    })
  }

  /** How it stands; undefined before the first answer. */
  get state(): EnlistmentState | undefined {
    return this.#state
  }

  /**
   * Enlists. That the driver can't be reached, or has no room, is only told.
   *
   * @throws EnlistRefusedError if the driver doesn't take the node; PeerWrongError if somebody else is there.
   */
  async start(): Promise<void> {
    let enlisted: Enlisted | undefined
    try {
      enlisted = await this.#enlist()
    } catch (cause) {
      const error = fromUnknown(cause)
      const isFinal = error instanceof EnlistRefusedError ? !error.retryable : error instanceof PeerWrongError
      if (isFinal) throw error
      this.#become({ kind: 'away', error })
    }
    this.#keeping = this.#keep(enlisted)
  }

  /** Tells the driver that the node leaves, and ends. May be called twice. */
  async stop(reason: string): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    await this.#link?.send({ kind: 'leaving', reason }).catch(() => undefined)
    await this.#link?.close(reason).catch(() => undefined)
    await this.#keeping
    this.#become({ kind: 'left' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop('stopped')
  }

  async #keep(first: Enlisted | undefined): Promise<void> {
    const { signal } = this.#over
    let enlisted = first
    while (!signal.aborted) {
      if (enlisted !== undefined) {
        const error = await this.#stay(enlisted)
        if (signal.aborted || this.#isRefused(error)) return
        this.#become({ kind: 'away', error })
      }
      enlisted = await this.#again()
      if (enlisted === undefined) return
    }
  }

  /** Reads what the driver says until the link ends; resolves with why. */
  async #stay({ link, messages }: Enlisted): Promise<ShardlineError> {
    try {
      for (;;) {
        const { value, done } = await messages.next()
        if (done === true) return new LinkClosedError(link.peer.address, link.closeReason ?? 'the link ended')
        this.#hear(value, link.peer.address)
      }
    } catch (cause) {
      return fromUnknown(cause)
    } finally {
      await link.close('over').catch(() => undefined)
      this.#link = undefined
    }
  }

  #hear(message: Message, address: string): void {
    if (message.kind === 'error') {
      throw new EnlistRefusedError(address, { driverCode: message.code, reason: message.message })
    }
    if (message.kind !== 'enlisted') throw new MessageUnexpectedError(message.kind, 'enlisted')
    this.#become(stateOf(message))
  }

  /** Undefined when it is over. */
  async #again(): Promise<Enlisted | undefined> {
    const { clock, random } = this.#components
    const { retryMsMin = ENLIST_RETRY_MS_MIN, retryMsMax = ENLIST_RETRY_MS_MAX } = this.#init
    const { signal } = this.#over
    for (let waitMs = retryMsMin; !signal.aborted; waitMs = Math.min(2 * waitMs, retryMsMax)) {
      try {
        // By chance, so that all nodes of a driver that was started again don't come at once.
        await clock.sleep(waitMs * (0.5 + random.float() / 2), { signal })
        return await this.#enlist()
      } catch (cause) {
        const error = fromUnknown(cause)
        if (signal.aborted) return undefined
        if (this.#isRefused(error)) return undefined
        this.#become({ kind: 'away', error })
      }
    }
    return undefined
  }

  /** Whether a driver refused the node for good, which is told. */
  #isRefused(error: ShardlineError): boolean {
    if (!(error instanceof EnlistRefusedError) || !FINAL.has(error.driverCode)) return false
    this.#become({ kind: 'refused', error })
    this.#tellRefused(error)
    return true
  }

  /** Asks at each of the door's addresses until one answers. */
  async #enlist(): Promise<Enlisted> {
    const { invite } = this.#init
    let failure: unknown
    for (const address of invite.addresses) {
      try {
        const link = await this.#components.transport.dial(address, {
          signal: this.#over.signal,
          expectPublicKey: publicKeyOf(invite.door),
        })
        return await this.#ask(link, address)
      } catch (cause) {
        if (cause instanceof EnlistRefusedError || this.#over.signal.aborted) throw cause
        // The first address is the one that the driver's owner thinks best of.
        failure ??= cause
      }
    }
    throw fromUnknown(failure)
  }

  async #ask(link: Link, address: string): Promise<Enlisted> {
    this.#link = link
    try {
      const { invite, offer, answerMsMax = ENLIST_ANSWER_MS_MAX } = this.#init
      await link.send({ kind: 'enlist', request: REQUEST, pass: invite.pass, ...(await offer()) })
      const messages = link.messages()[Symbol.asyncIterator]()
      const { clock } = this.#components
      const onLate = (): ShardlineError => new EnlistSilentError(address, answerMsMax)
      const limit = { clock, waitMsMax: answerMsMax, signal: this.#over.signal, onLate }
      this.#hear(await within(limit, (signal) => nextOf(link, messages, signal)), address)
      // The signal may have come while it asked.
      if (this.#over.signal.aborted) throw new AbortedError('enlisting')
      return { link, messages }
    } catch (cause) {
      this.#link = undefined
      void link.close('it was not enlisted').catch(() => undefined)
      throw cause
    }
  }

  #become(state: EnlistmentState): void {
    const { log } = this.#components
    const before = this.#state
    this.#state = state
    if (state.kind === 'enlisted') {
      log.info('enlisted', { driver: state.driver, address: state.address, missing: state.missing })
    } else if (state.kind !== 'left') {
      const { code, message: reason } = state.error
      // Once for each change: a driver that is away for long fills no log.
      const isSame = before?.kind === state.kind && before.error.code === code
      log[isSame ? 'debug' : 'warn']('not-enlisted', { code, reason })
    }
    this.#init.onState?.(state)
  }
}

/** The next message; an abort closes the link. */
async function nextOf(link: Link, messages: AsyncIterator<Message>, signal: AbortSignal): Promise<Message> {
  const onAbort = (): void => void link.close('there was no answer in time').catch(() => undefined)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const { value, done } = await messages.next()
    if (done === true) throw new LinkClosedError(link.peer.address, link.closeReason ?? 'the link ended')
    return value
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function stateOf({ driver, address, missing }: EnlistedMessage): EnlistmentState {
  return { kind: 'enlisted', driver, address, missing }
}
