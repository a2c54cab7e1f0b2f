import { fromUnknown } from '@shardline/core'
import type { Clock, Log, Milliseconds, ShardlineError } from '@shardline/core'
import type { Identity, PartyId } from '@shardline/identity'
import { checkNodePass, within } from '@shardline/node'
import type { EnlistMessage, Link, Listener, Message, Transport } from '@shardline/wire'
import { DESCRIBE_MS_MAX, DIAL_MS_MAX } from '../limits.ts'
import { networkOfPeer } from '../service/network-of-peer.ts'
import { EnlistFullError, EnlistReplacedError, EnlistUnexpectedError } from './enlist-errors.ts'
import type { EnlistedNode } from './enlisted-node.ts'
import { ENLIST_SAY_MS_MAX, ENLISTED_NODES_MAX, ENLISTED_NODES_PER_NETWORK_MAX } from './enlist-limits.ts'
import { probeNode } from './probe-node.ts'
import type { ProbeOptions } from './probe-node.ts'

/** What an {@link EnlistDoor} works with. They stay the caller's. */
export interface EnlistDoorComponents {
  /** Accepts nodes in the name of `door`. */
  readonly doorTransport: Transport
  /** Who is at the door: whose signature the passes have. */
  readonly door: Identity
  /** Dials stages in the name of the driver. */
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
}

/** Options of an {@link EnlistDoor}. */
export interface EnlistDoorInit extends Pick<ProbeOptions, 'model' | 'precision'> {
  /** Address to listen on, for example `ws://127.0.0.1:0`. */
  readonly listen: string
  /** Who plans over those that come. */
  readonly driver: PartyId
  /** @default ENLISTED_NODES_MAX */
  readonly nodesMax?: number
  /** @default ENLISTED_NODES_PER_NETWORK_MAX */
  readonly nodesPerNetworkMax?: number
  /** @default ENLIST_SAY_MS_MAX */
  readonly sayMsMax?: Milliseconds
  /** @default DIAL_MS_MAX */
  readonly dialMsMax?: Milliseconds
  /** @default DESCRIBE_MS_MAX */
  readonly describeMsMax?: Milliseconds
}

/** A node that comes or goes. */
export interface EnlistChange {
  readonly kind: 'came' | 'went'
  readonly node: EnlistedNode
}

interface Guest {
  readonly link: Link
  readonly network: string
  readonly request: number
  node: EnlistedNode | undefined
}

/**
 * Where nodes enlist with a driver. A node shows its pass, is dialed and asked what it is, and belongs to the driver's nodes
 * for as long as its link to the door lasts. The door decides nothing about who becomes a stage.
 */
export class EnlistDoor implements AsyncDisposable {
  readonly #components: EnlistDoorComponents
  readonly #init: EnlistDoorInit
  readonly #guests = new Set<Guest>()
  readonly #watchers = new Set<(change: EnlistChange) => void>()
  readonly #serving = new Set<Promise<void>>()
  readonly #over = new AbortController()
  readonly #refused = new Map<string, number>()
  #listener: Listener | undefined
  #missing = ''

  constructor(components: EnlistDoorComponents, init: EnlistDoorInit) {
    this.#components = components
    this.#init = init
  }

  /** Address that nodes dial; empty before `start`. */
  get address(): string {
    return this.#listener?.address ?? ''
  }

  /** Who is enlisted now, those first that came first. */
  get nodes(): readonly EnlistedNode[] {
    return [...this.#guests].flatMap(({ node }) => node ?? [])
  }

  /** How many were refused so far, by code. */
  get refusals(): ReadonlyMap<string, number> {
    return new Map(this.#refused)
  }

  /** @throws AddressUnusableError if it can't listen. */
  async start(): Promise<void> {
    const { doorTransport } = this.#components
    this.#listener = await doorTransport.listen(this.#init.listen, (link) => this.#accept(link))
  }

  /** Calls `watcher` for each node that comes or goes from now on; the function that is returned ends that. */
  watch(watcher: (change: EnlistChange) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Tells all nodes what the driver lacks to form a pipeline; empty is nothing. */
  tellMissing(missing: string): void {
    if (missing === this.#missing) return
    this.#missing = missing
    for (const guest of this.#guests) if (guest.node !== undefined) void this.#tell(guest, guest.node)
  }

  /** Lets all nodes go. May be called twice. */
  async stop(): Promise<void> {
    this.#over.abort()
    await Promise.all([...this.#guests].map(({ link }) => link.close('the driver is stopped')))
    await this.#listener?.close()
    await Promise.all(this.#serving)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #accept(link: Link): void {
    const serving = this.#serve(link).finally(() => this.#serving.delete(serving))
    this.#serving.add(serving)
  }

  /** Never rejects. */
  async #serve(link: Link): Promise<void> {
    const messages = link.messages()[Symbol.asyncIterator]()
    let guest: Guest | undefined
    try {
      const message = await this.#firstWord(link, messages)
      guest = await this.#admit(link, message)
      await this.#stay(messages)
      await link.close('goodbye')
    } catch (cause) {
      await this.#refuse(link, fromUnknown(cause), guest)
    } finally {
      if (guest !== undefined) this.#forget(guest)
    }
  }

  async #firstWord(link: Link, messages: AsyncIterator<Message>): Promise<EnlistMessage> {
    const { sayMsMax = ENLIST_SAY_MS_MAX } = this.#init
    const { clock } = this.#components
    const onLate = (): ShardlineError => new EnlistUnexpectedError(`a node said nothing for ${sayMsMax} ms`)
    const limit = { clock, waitMsMax: sayMsMax, signal: this.#over.signal, onLate }
    const { value } = await within(limit, (signal) => nextUnless(signal, messages, link))
    if (value?.kind === 'enlist') return value
    throw new EnlistUnexpectedError(value === undefined ? 'a node left at once' : `it sends ${value.kind}`)
  }

  async #admit(link: Link, message: EnlistMessage): Promise<Guest> {
    const { door, clock, log } = this.#components
    await checkNodePass(message.pass, { door: door.id, clock })
    const guest = this.#takeRoom(link, message)
    try {
      const { dialMsMax = DIAL_MS_MAX, describeMsMax = DESCRIBE_MS_MAX, ...init } = this.#init
      const gone = new AbortController()
      void link.closed.then(() => gone.abort())
      const signal = AbortSignal.any([this.#over.signal, gone.signal])
      const options = { ...init, dialMsMax, describeMsMax, signal }
      const node = await probeNode(this.#components, { peer: link.peer, message }, options)
      await this.#replace(node)
      guest.node = node
      await this.#tell(guest, node)
      const { role, name, node: party, address, work } = node
      log.info('node-enlisted', { role, node: name, party, address, ...work })
      this.#say({ kind: 'came', node })
      return guest
    } catch (cause) {
      this.#guests.delete(guest)
      throw cause
    }
  }

  #takeRoom(link: Link, { request }: EnlistMessage): Guest {
    const { nodesMax = ENLISTED_NODES_MAX, nodesPerNetworkMax = ENLISTED_NODES_PER_NETWORK_MAX } = this.#init
    const network = networkOfPeer(link.peer.address)
    const others = [...this.#guests]
    if (others.length >= nodesMax) throw new EnlistFullError(nodesMax)
    if (others.filter((other) => other.network === network).length >= nodesPerNetworkMax) {
      throw new EnlistFullError(nodesPerNetworkMax, network)
    }
    const guest: Guest = { link, network, request, node: undefined }
    this.#guests.add(guest)
    return guest
  }

  /**
   * A node that comes again, before its old link was found to be dead, is one node. If its link lives, a second process has
   * its key, and the first one is told.
   */
  async #replace({ node, role, address }: EnlistedNode): Promise<void> {
    for (const other of this.#guests) {
      if (other.node?.node !== node || other.node.role !== role) continue
      this.#forget(other)
      await this.#refuse(other.link, new EnlistReplacedError(role, address), other)
    }
  }

  /** Resolves when the node says that it leaves, or its link ends. */
  async #stay(messages: AsyncIterator<Message>): Promise<void> {
    for (;;) {
      const { value, done } = await messages.next().catch(() => ({ value: undefined, done: true as const }))
      if (done === true || value.kind === 'leaving') return
      throw new EnlistUnexpectedError(`it sends ${value.kind}`)
    }
  }

  async #tell({ link, request }: Guest, { address }: EnlistedNode): Promise<void> {
    const missing = this.#missing
    await link
      .send({ kind: 'enlisted', request, driver: this.#init.driver, address, missing })
      .catch(() => undefined)
  }

  async #refuse(link: Link, error: ShardlineError, guest: Guest | undefined): Promise<void> {
    const { code, message } = error
    if (!this.#over.signal.aborted) {
      this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
      const { node, role, address } = link.peer
      this.#components.log.info('node-refused', { role, node, address, code, reason: message })
    }
    const request = guest?.request ?? 1
    await link
      .send({ kind: 'error', code, message, request, pipeline: null, sessions: [], isFatal: true })
      .catch(() => undefined)
    await link.close(`${message} [${code}]`).catch(() => undefined)
  }

  #forget(guest: Guest): void {
    if (!this.#guests.delete(guest) || guest.node === undefined) return
    const { node } = guest
    const { role, name, node: party, address } = node
    this.#components.log.info('node-went', { role, node: name, party, address })
    this.#say({ kind: 'went', node })
  }

  #say(change: EnlistChange): void {
    for (const watcher of this.#watchers) watcher(change)
  }
}

/** The next message; an abort closes the link, which ends them. */
async function nextUnless(
  signal: AbortSignal,
  messages: AsyncIterator<Message>,
  link: Link,
): Promise<IteratorResult<Message, undefined>> {
  const onAbort = (): void => void link.close('a node that enlists says so at once')
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const next: IteratorResult<Message, undefined> = await messages.next()
    if (signal.aborted) throw new EnlistUnexpectedError('a node said nothing in time')
    return next
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
