import { fromUnknown } from '@shardline/core'
import type { Clock, Log, Random, ShardlineError } from '@shardline/core'
import { partyIdOf } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { ID_CHARS_MAX, TEXT_CHARS_MAX } from '@shardline/wire'
import type { AskMessage, Link, Message, OfferMessage } from '@shardline/wire'
import type { Admission, Admitted, Asker } from './admission.ts'
import { answerAsk } from './answer-ask.ts'
import { AnswerWriter } from './answer-writer.ts'
import { ClientOutbox } from './client-outbox.ts'
import { networkOfPeer } from './network-of-peer.ts'
import type { AskIds } from './ask-ids.ts'
import { openAsk, readAsk } from './open-ask.ts'
import type { OpenedAsk } from './open-ask.ts'
import type { PipelineHost } from './pipeline-host.ts'
import type { PaidAsk } from './paid/paid-ask.ts'
import { AskOtherError, ClientGoneError } from './paid/paid-errors.ts'
import type { Payment } from './paid/payment.ts'
import { planAsk } from './plan-ask.ts'
import type { SealingKeyRing } from './sealing-key-ring.ts'
import { AskReplayedError, ClientUnexpectedError, ServiceStoppingError } from './service-errors.ts'
import type { ServiceSettings } from './service-settings.ts'

/** What all links of a service share. */
export interface ClientLinkComponents {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly identity: Identity
  readonly keys: SealingKeyRing
  readonly hosts: readonly PipelineHost[]
  readonly admission: Admission
  readonly askIds: AskIds
  /** Undefined where answers cost nothing. */
  readonly payment: Payment | undefined
}

/** What a {@link ClientLink} is told. */
export interface ClientLinkInit {
  /** Unlike that of any other link. */
  readonly name: string
  readonly settings: ServiceSettings
  /** Told how asks end. */
  readonly onEnded: (code: string | undefined) => void
}

/** Refusals that may wait for a client to read them before nothing more is read from it. */
const REFUSALS_PENDING_MAX = 16

/** One client's link: takes its asks and cancels, and answers them beside each other. */
export class ClientLink {
  readonly #link: Link
  readonly #components: ClientLinkComponents
  readonly #init: ClientLinkInit
  readonly #asker: Asker
  readonly #outbox: ClientOutbox
  readonly #asks = new Map<string, OpenAsk>()
  readonly #running = new Set<Promise<void>>()
  #isStopping = false

  constructor(link: Link, components: ClientLinkComponents, init: ClientLinkInit) {
    this.#link = link
    this.#components = components
    this.#init = init
    this.#outbox = new ClientOutbox({ link, clock: components.clock }, init.settings.clientSendMsMax)
    const { publicKey } = link.peer
    this.#asker = {
      link: init.name,
      network: networkOfPeer(link.peer.address),
      identity: publicKey === undefined ? init.name : partyIdOf(publicKey),
    }
  }

  /** Serves the client until its link ends. Never rejects. */
  async serve(offer: () => Promise<OfferMessage>): Promise<void> {
    const { log } = this.#components
    const runningMax = this.#init.settings.answersPerLinkMax + REFUSALS_PENDING_MAX
    try {
      const { role } = this.#link.peer
      if (role !== 'client') throw new ClientUnexpectedError(`a ${role} dialed it`)
      await this.#link.send(await offer())
      for await (const message of this.#link.messages()) {
        this.#take(message)
        // Refusals that nobody reads must not pile up either.
        while (this.#running.size > runningMax) await Promise.race(this.#running)
      }
    } catch (cause) {
      const error = fromUnknown(cause)
      log.info('client-link-broke', { client: this.#asker.identity, code: error.code, reason: error.message })
      await this.#link.close(`${error.message} [${error.code}]`).catch(() => undefined)
    }
    for (const { over, paid } of this.#asks.values()) over.abort(reasonOfLeaving(paid))
    await Promise.all(this.#running)
  }

  /** Tells the client what is offered now. */
  async offer(message: OfferMessage): Promise<void> {
    await this.#link.send(message).catch(() => undefined)
  }

  /** Begins nothing new; resolves when what runs has ended. */
  async drain(): Promise<void> {
    this.#isStopping = true
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** Ends what runs, and the link. */
  async close(reason: string): Promise<void> {
    for (const { over } of this.#asks.values()) over.abort(new ServiceStoppingError())
    await Promise.all(this.#running)
    await this.#link.close(reason).catch(() => undefined)
  }

  #take(message: Message): void {
    if (message.kind === 'ask-cancel') {
      this.#asks.get(message.ask)?.over.abort()
      return
    }
    if (message.kind !== 'ask') throw new ClientUnexpectedError(`it sends ${message.kind}`)
    const running = this.#serveAsk(message).catch((cause: unknown) => this.#drop(fromUnknown(cause)))
    this.#running.add(running)
    void running.then(() => this.#running.delete(running))
  }

  /** Answers or refuses an ask. Fails only if the link does. */
  async #serveAsk(message: AskMessage): Promise<void> {
    const { admission, clock } = this.#components
    const { ask } = message
    const arrivedAtMs = clock.monotonic()
    const open: OpenAsk = { over: new AbortController(), paid: undefined }
    let admitted: Admitted | undefined
    const isKnown = this.#asks.has(ask)
    try {
      if (this.#isStopping) throw new ServiceStoppingError()
      if (isKnown) throw new AskReplayedError(ask)
      admitted = admission.admit(this.#asker)
      this.#asks.set(ask, open)
      open.paid = await this.#components.payment?.claim(ask)
      const opened = await this.#open(message, open.paid)
      await this.#answer(opened, { ...open, admitted, arrivedAtMs })
      admission.learn(clock.monotonic() - arrivedAtMs)
    } catch (cause) {
      admitted?.release()
      await open.paid?.release()
      await this.#refuse(ask, fromUnknown(cause))
    } finally {
      admitted?.release()
      if (!isKnown) this.#asks.delete(ask)
    }
  }

  async #open(message: AskMessage, paid: PaidAsk | undefined): Promise<OpenedAsk> {
    const { askIds } = this.#components
    const { askBytesMax, askExpiryMsMax } = this.#init.settings
    const lockedPrice = paid?.work.hold ?? 0n
    // Who knows a request's id and its hold could have something else answered at its user's cost.
    if (paid !== undefined && paid.work.sealedPrompt !== message.sealed) throw new AskOtherError(message.ask)
    const opened = await openAsk(message, this.#components, { askBytesMax, askExpiryMsMax, lockedPrice })
    // A request that is paid may come again when it was given back; that it is answered once at a time, its claim says.
    if (paid === undefined) askIds.remember(opened.ask, this.#asker.identity, opened.expiresAtMs)
    return opened
  }

  /**
   * From here on failures are told in the sealed answer, but those that say when to try again.
   *
   * @throws ServiceBusyError, AsksTooManyError, PipelineDownError; EncryptionKeyInvalidError.
   */
  async #answer(opened: OpenedAsk, run: Run): Promise<void> {
    const { clock, random, log, hosts, identity } = this.#components
    const { settings, onEnded } = this.#init
    const { over, paid } = run
    const writer = await AnswerWriter.create(this.#outbox, {
      responseKey: opened.responseKey,
      requestId: opened.ask,
      random,
      pendingBytesMax: settings.answerPendingBytesMax,
      messageBytes: settings.answerMessageBytes,
      onStuck: (error) => this.#drop(fromUnknown(error)),
    })
    try {
      const { content, host } = readAsk(opened, hosts, paid?.work.model)
      run.admitted.grow(content.choices - 1)
      const { answerTokensMax } = settings
      const plan = planAsk(content, { model: host.model, random, answerTokensMax, paid: paid?.work })
      const { ask } = opened
      const { signal } = over
      const init = { ask, plan, driver: identity.id, owner: this.#asker, signal, paid }
      await answerAsk({ clock, host, writer }, { ...init, arrivedAtMs: run.arrivedAtMs })
      onEnded(undefined)
    } catch (cause) {
      const error = fromUnknown(cause)
      if ('retryAfterMs' in error) throw error
      onEnded(error.code)
      log.info('ask-failed', { ask: opened.ask, client: this.#asker.identity, code: error.code })
      await paid?.fail(error)
      await writer.end({ type: 'failed', ...shown(error), isRetryable: error.retryable })
    }
  }

  async #refuse(ask: string, error: ShardlineError): Promise<void> {
    const { log } = this.#components
    this.#init.onEnded(error.code)
    log.debug('ask-refused', { ask, client: this.#asker.identity, code: error.code })
    const message = {
      kind: 'ask-refused',
      ask,
      ...shown(error),
      isRetryable: error.retryable,
      retryAfterMs:
        'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : null,
    } as const
    await this.#outbox.send(message)
  }

  #drop(error: ShardlineError): void {
    for (const { over } of this.#asks.values()) over.abort(error)
    void this.#link.close(`${error.message} [${error.code}]`).catch(() => undefined)
  }
}

interface OpenAsk {
  readonly over: AbortController
  /** Undefined until it is claimed, and where answers cost nothing. */
  paid: PaidAsk | undefined
}

interface Run extends Readonly<OpenAsk> {
  readonly admitted: Admitted
  readonly arrivedAtMs: number
}

/**
 * What a client that went away in the middle of its answer means. One that paid may come back for the whole answer: its
 * request goes back in line. But only once, or it could use up the driver's attempts; then it is billed for what is out.
 */
function reasonOfLeaving(paid: PaidAsk | undefined): ClientGoneError | undefined {
  return paid?.work.fence === 1 ? new ClientGoneError() : undefined
}

function shown(error: ShardlineError): { readonly code: string; readonly message: string } {
  return { code: error.code.slice(0, ID_CHARS_MAX), message: error.message.slice(0, TEXT_CHARS_MAX) }
}
