import type { Clock, Log, Random } from '@shardline/core'
import { AbortedError, fromUnknown, RemoteError } from '@shardline/core'
import {
  AddressUnusableError,
  LinkClosedError,
  LinkTimeoutError,
  MessageUnexpectedError,
  RelayReplacedError,
} from '../errors.ts'
import type { RelayCallMessage } from '../messages/relay-call.ts'
import type { Link } from '../transport.ts'

/** Collaborators of a {@link RelayRegistration}. */
export interface RelayRegistrationComponents {
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  /** Connects to the relay. */
  readonly connect: (signal: AbortSignal) => Promise<Link>
}

/** Options of a {@link RelayRegistration}. */
export interface RelayRegistrationInit {
  /** Address of the relay, for messages. */
  readonly relay: string
  /** Name of this node's key: what the relay has to call it. */
  readonly name: string
  readonly answerMsMax: number
  readonly retryMsMin: number
  readonly retryMsMax: number
  readonly onCall: (call: RelayCallMessage) => void
}

const REPLACED: RelayReplacedError['code'] = 'WIRE_RELAY_REPLACED'

/**
 * Keeps a node registered at its relay: when the link to it ends, registers anew, again and again with growing waits. Ends
 * when it is closed, or when another process registers with the same key.
 */
export class RelayRegistration {
  readonly #components: RelayRegistrationComponents
  readonly #init: RelayRegistrationInit
  readonly #over = new AbortController()
  #link: Link | undefined
  #kept: Promise<void> = Promise.resolve()

  constructor(components: RelayRegistrationComponents, init: RelayRegistrationInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * Registers for the first time.
   *
   * @throws AddressUnusableError if the relay can't be reached or doesn't take the node.
   */
  async open(): Promise<void> {
    try {
      this.#link = await this.#register()
    } catch (cause) {
      const error = fromUnknown(cause)
      throw new AddressUnusableError(this.#init.relay, error.message, error)
    }
    this.#kept = this.#keep(this.#link)
  }

  /** Leaves the relay. Who is connected stays so. */
  async close(): Promise<void> {
    this.#over.abort()
    await this.#link?.close('the node stops listening')
    await this.#kept
  }

  async #register(): Promise<Link> {
    const { connect } = this.#components
    const link = await connect(this.#over.signal)
    try {
      await link.send({ kind: 'relay-register', request: 1 })
      await this.#awaitAnswer(link)
      return link
    } catch (cause) {
      void link.close('the registration failed')
      throw cause
    }
  }

  async #awaitAnswer(link: Link): Promise<void> {
    const { relay, name, answerMsMax } = this.#init
    const over = new AbortController()
    const silence = this.#components.clock.sleep(answerMsMax, { signal: over.signal }).then(
      () => Promise.reject(new LinkTimeoutError(relay, 'answer to the registration', answerMsMax)),
      () => Promise.reject(new AbortedError('the registration')),
    )
    silence.catch(() => undefined)
    const { value } = await Promise.race([link.messages()[Symbol.asyncIterator]().next(), silence]).finally(
      () => over.abort(),
    )
    if (value === undefined) throw new LinkClosedError(relay, link.closeReason ?? 'it ended')
    if (value.kind === 'error') throw new RemoteError(value.code, value.message)
    if (value.kind !== 'relay-registered') throw new MessageUnexpectedError(value.kind, 'relay-registered')
    // Else nobody would find this node under the address that it believes to have.
    if (value.name !== name)
      throw new AddressUnusableError(relay, `it calls this node ${value.name}, not ${name}`)
  }

  async #keep(first: Link): Promise<void> {
    const { log } = this.#components
    const { relay, name } = this.#init
    let link: Link | undefined = first
    while (link !== undefined) {
      log.info('relay-listening', { relay, name })
      const failure = await this.#serve(link)
      if (this.#over.signal.aborted) return
      if (failure instanceof RelayReplacedError) {
        log.error('relay-replaced', { relay, code: failure.code, reason: failure.message })
        return
      }
      log.warn('relay-lost', { relay, reason: failure?.message ?? link.closeReason })
      link = await this.#registerAgain()
    }
  }

  /** Takes calls until the link ends; resolves with why if it failed. */
  async #serve(link: Link): Promise<Error | undefined> {
    try {
      for await (const message of link.messages()) {
        if (message.kind === 'relay-call') this.#init.onCall(message)
        else if (message.kind !== 'error') throw new MessageUnexpectedError(message.kind, 'relay-call')
        else if (message.code === REPLACED) return new RelayReplacedError(this.#init.name)
        else throw new RemoteError(message.code, message.message)
      }
      return undefined
    } catch (cause) {
      return fromUnknown(cause)
    } finally {
      await link.close('over')
    }
  }

  /** Undefined when it is closed meanwhile. */
  async #registerAgain(): Promise<Link | undefined> {
    const { clock, log, random } = this.#components
    const { relay, retryMsMin, retryMsMax } = this.#init
    const { signal } = this.#over
    for (let waitMs = retryMsMin; !signal.aborted; waitMs = Math.min(2 * waitMs, retryMsMax)) {
      try {
        // By chance, so that all nodes of a relay that was restarted don't come at once.
        await clock.sleep(waitMs * (0.5 + random.float() / 2), { signal })
        this.#link = await this.#register()
        // The signal may have come while it registered.
        if (!signal.aborted) return this.#link
        await this.#link.close('the node stops listening')
      } catch (cause) {
        const { code, message } = fromUnknown(cause)
        log.debug('relay-retry', { relay, code, reason: message })
      }
    }
    return undefined
  }
}
