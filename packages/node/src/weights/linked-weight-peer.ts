import type { Clock, Milliseconds } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { WeightPeer, WeightRange } from '@shardline/model'
import type { Transport } from '@shardline/wire'
import { WeightsPeerLostError, WeightsPeerSilentError } from '../errors.ts'
import { dialPeer } from '../peer-address.ts'
import { within } from '../within.ts'
import { WeightsLink } from './weights-link.ts'

/** What a {@link LinkedWeightPeer} works with. */
export interface WeightPeerComponents {
  readonly transport: Transport
  readonly clock: Clock
}

/** Where a {@link LinkedWeightPeer} is, and how long it is waited for. */
export interface WeightPeerInit {
  /** As a plan names it: with the key that it has to prove. */
  readonly address: string
  readonly dialMsMax: Milliseconds
  readonly silenceMsMax: Milliseconds
  /** Time without an ask after which the link is closed. */
  readonly idleMsMax: Milliseconds
}

/** Another node that may hold a model's files: dialed when it is first asked, and anew after its link was lost. */
export class LinkedWeightPeer implements WeightPeer {
  readonly label: string
  readonly #components: WeightPeerComponents
  readonly #init: WeightPeerInit
  readonly #over = new AbortController()
  #link: Promise<WeightsLink> | undefined
  #asks = 0
  #idle = new AbortController()

  constructor(components: WeightPeerComponents, init: WeightPeerInit) {
    this.label = init.address
    this.#components = components
    this.#init = init
  }

  /**
   * @throws WeightsNotHeldError; WeightsPeerLostError, WeightsPeerSilentError; WeightsRefusedError; AbortedError.
   */
  async read(range: WeightRange, options: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    this.#asks++
    this.#idle.abort()
    try {
      return await this.#ask(range, options.signal)
    } finally {
      this.#asks--
      if (this.#asks === 0) void this.#closeWhenIdle()
    }
  }

  async close(): Promise<void> {
    this.#over.abort()
    this.#idle.abort()
    const link = await this.#link?.catch(() => undefined)
    await link?.close('no more weights are needed')
  }

  #ask(range: WeightRange, signal: AbortSignal): Promise<Uint8Array> {
    const { silenceMsMax: waitMsMax } = this.#init
    const { clock } = this.#components
    const onLate = (): WeightsPeerSilentError => new WeightsPeerSilentError(this.label, waitMsMax)
    return within({ clock, waitMsMax, signal, onLate }, async (until) => {
      const link = await untilAborted(this.#reach(), until)
      return link.ask(range, until)
    })
  }

  async #reach(): Promise<WeightsLink> {
    if (this.#over.signal.aborted) throw new AbortedError('fetching weights')
    const before = this.#link
    const link = await before?.catch(() => undefined)
    if (link?.isOpen === true) return link
    if (this.#link === before) this.#link = this.#dial()
    return this.#link ?? this.#dial()
  }

  async #dial(): Promise<WeightsLink> {
    const { transport, clock } = this.#components
    const { address, dialMsMax: waitMsMax } = this.#init
    const onLate = (): WeightsPeerLostError =>
      new WeightsPeerLostError(address, new AbortedError(`dialing, which took more than ${waitMsMax} ms,`))
    try {
      const link = await within({ clock, waitMsMax, signal: this.#over.signal, onLate }, (until) =>
        dialPeer(transport, address, { signal: until }),
      )
      return new WeightsLink(link, address)
    } catch (cause) {
      throw cause instanceof WeightsPeerLostError
        ? cause
        : new WeightsPeerLostError(address, fromUnknown(cause))
    }
  }

  async #closeWhenIdle(): Promise<void> {
    const idle = new AbortController()
    this.#idle = idle
    try {
      await this.#components.clock.sleep(this.#init.idleMsMax, { signal: idle.signal })
    } catch {
      return
    }
    const link = await this.#link?.catch(() => undefined)
    if (this.#asks > 0) return
    await link?.close('nothing was asked for a while')
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(new AbortedError('fetching weights', signal.reason))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { signal: over.signal })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    over.abort()
  }
}
