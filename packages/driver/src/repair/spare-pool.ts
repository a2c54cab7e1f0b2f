import type { LayerRange, Milliseconds } from '@shardline/core'
import { epoch, fromUnknown } from '@shardline/core'
import type { StagePlanInit } from '../load-stage.ts'
import { loadStage } from '../load-stage.ts'
import type { FormationComponents, MeetOptions, StagePlace } from '../meet-stage.ts'
import { meetStage } from '../meet-stage.ts'
import { Spare } from './spare.ts'

/** What a {@link SparePool} is made of. */
export interface SparePoolInit {
  /** What all stages of the pipeline are told. */
  readonly plan: StagePlanInit
  readonly meet: Pick<MeetOptions, 'dialMsMax' | 'describeMsMax' | 'model' | 'precision' | 'weights'>
  /** Memory that one layer needs, and that the head does. */
  readonly layerBytes: number
  readonly headBytes: number
  readonly retryMsMin: Milliseconds
  readonly retryMsMax: Milliseconds
  /** Ends it. */
  readonly signal: AbortSignal
}

const SPARE_EPOCH = epoch(1)

/**
 * Nodes that wait to take the place of a lost stage. Each loads in advance, under a pipeline id of its own, as many parts of
 * the pipeline as its memory holds, the ones first that fewest others hold. One that is lost is dialed again, later and later.
 */
export class SparePool {
  readonly #components: FormationComponents
  readonly #init: SparePoolInit
  readonly #spares = new Set<Spare>()
  /** By address: ends the keeping. */
  readonly #kept = new Map<string, AbortController>()
  /** Addresses of nodes that have left: they are not dialed before they come again. */
  readonly #left = new Set<string>()
  /** By address: how often it could not take a place. */
  readonly #strikes = new Map<string, number>()
  #ranges: readonly LayerRange[] = []
  #count = 0

  constructor(components: FormationComponents, init: SparePoolInit) {
    this.#components = components
    this.#init = init
  }

  /** Those that can take a place now. */
  get idle(): readonly Spare[] {
    return [...this.#spares].filter((spare) => !spare.isTaken && spare.link.failure === undefined)
  }

  /** Says which layers the pipeline's stages hold; spares that have others load anew. */
  want(ranges: readonly LayerRange[]): void {
    const isSame =
      ranges.length === this.#ranges.length &&
      ranges.every(({ first, count }, index) => {
        const other = this.#ranges[index]
        return other?.first === first && other.count === count
      })
    this.#ranges = ranges
    if (!isSame) for (const spare of this.idle) if (spare.role === 'worker') spare.interrupt()
  }

  /** Makes a node a spare, now or as soon as it can be reached. */
  keep(place: StagePlace): void {
    const { address } = place
    if (this.#kept.has(address) || this.#left.has(address) || this.#init.signal.aborted) return
    const over = new AbortController()
    this.#kept.set(address, over)
    void this.#keep(place, over.signal).finally(() => {
      if (this.#kept.get(address) === over) this.#kept.delete(address)
    })
  }

  /** A node has come, or come again: it may be kept. */
  welcome(address: string): void {
    this.#left.delete(address)
    this.#strikes.delete(address)
  }

  /** Lets a node go that has left. If it is a stage, it stays one for as long as its link lasts. */
  dismiss(address: string): void {
    this.#left.add(address)
    this.#kept.get(address)?.abort()
    this.#kept.delete(address)
  }

  /** Makes a node that could not take a place a spare again, after a while that is longer each time. */
  keepLater(place: StagePlace): void {
    const { retryMsMin, retryMsMax, signal } = this.#init
    const strikes = this.#strikes.get(place.address) ?? 0
    this.#strikes.set(place.address, strikes + 1)
    const waitMs = Math.min(retryMsMax, retryMsMin * 2 ** strikes)
    this.#components.clock.sleep(waitMs, { signal: AbortSignal.any([signal]) }).then(
      () => this.keep(place),
      () => undefined, // The pool is over.
    )
  }

  /** Takes a spare out of the pool: it belongs to the caller. */
  take(spare: Spare): void {
    spare.isTaken = true
    this.#spares.delete(spare)
    spare.interrupt()
  }

  async #keep(place: StagePlace, dismissed: AbortSignal): Promise<void> {
    const { clock, log } = this.#components
    const { retryMsMin, retryMsMax, plan } = this.#init
    // One for each node: a signal warns of many who listen.
    const signal = AbortSignal.any([this.#init.signal, dismissed])
    let told: string | undefined
    for (let waitMs = retryMsMin; !signal.aborted; waitMs = Math.min(retryMsMax, waitMs * 2)) {
      try {
        if (await this.#serve(place, signal)) return
        waitMs = retryMsMin
        told = undefined
      } catch (cause) {
        const { code, message: reason } = fromUnknown(cause)
        // Once for each change: a node that is away for long fills no log.
        const level = code === told ? 'debug' : 'info'
        told = code
        if (!signal.aborted)
          log[level]('spare-failed', { pipeline: plan.id, address: place.address, code, reason })
      }
      await clock.sleep(waitMs, { signal }).catch(() => undefined)
    }
  }

  /** Holds a spare until it is taken (true) or lost. */
  async #serve(place: StagePlace, signal: AbortSignal): Promise<boolean> {
    const { meet } = this.#init
    let close = async (): Promise<void> => undefined
    try {
      const met = await meetStage(this.#components, place, {
        ...meet,
        signal,
        onLink: (link) => {
          close = () => link.close(undefined, 'the spare is not needed')
        },
      })
      const spare = new Spare(met)
      this.#spares.add(spare)
      const gone = Promise.race([met.link.lost, whenAborted(signal)])
      while (!spare.isTaken && spare.link.failure === undefined && !signal.aborted) {
        const { changed } = spare
        await this.#load(spare)
        await Promise.race([gone, changed])
        if (!spare.isTaken) await spare.release()
      }
      this.#spares.delete(spare)
      if (spare.isTaken) close = async () => undefined
      else if (spare.link.failure !== undefined && !signal.aborted) this.#logLost(spare)
      return spare.isTaken
    } finally {
      await close()
    }
  }

  #logLost({ link }: Spare): void {
    const { code, message: reason } = fromUnknown(link.failure)
    this.#components.log.info('spare-failed', {
      pipeline: this.#init.plan.id,
      ...link.identity,
      code,
      reason,
    })
  }

  async #load(spare: Spare): Promise<void> {
    let { freeBytes } = spare
    const { loading } = spare
    for (;;) {
      const part = this.#nextPart(spare, freeBytes)
      if (part === undefined || loading.aborted || !(await this.#loadPart(spare, part.layers))) return
      freeBytes -= part.bytes
    }
  }

  /** Whether the spare has it now. One that can't load in advance can still load when it is needed. */
  async #loadPart(spare: Spare, layers: LayerRange | undefined): Promise<boolean> {
    const { log } = this.#components
    const { plan, signal } = this.#init
    const { link, loading } = spare
    this.#count += 1
    const id = `${plan.id}.spare.${this.#count}`
    link.identify({ layers })
    const markReady = spare.add(id, layers)
    try {
      await loadStage(link, {
        init: { ...plan, id, onProgress: undefined },
        epoch: SPARE_EPOCH,
        next: null,
        signal: AbortSignal.any([loading, signal]),
      })
      markReady()
      log.info('spare-ready', { pipeline: plan.id, ...link.identity })
      return true
    } catch (cause) {
      const { code, message: reason } = fromUnknown(cause)
      if (!loading.aborted && !signal.aborted && spare.hot.length === 0)
        log.info('spare-failed', { pipeline: plan.id, ...link.identity, code, reason })
      return false
    }
  }

  /** What the spare is to load next: of what it hasn't and has room for, what the fewest others have. */
  #nextPart(
    spare: Spare,
    freeBytes: number,
  ): { readonly layers: LayerRange | undefined; readonly bytes: number } | undefined {
    const { layerBytes, headBytes } = this.#init
    if (spare.role === 'validator') {
      const isWanted = spare.hot.length === 0 && freeBytes >= headBytes
      return isWanted ? { layers: undefined, bytes: headBytes } : undefined
    }
    const holders = (range: LayerRange): number =>
      this.idle.filter((other) => other.hot.some((hot) => isSame(hot, range))).length
    const open = this.#ranges.filter(
      (range) => freeBytes >= range.count * layerBytes && !spare.hot.some((hot) => isSame(hot, range)),
    )
    const layers = open.toSorted((a, b) => holders(a) - holders(b))[0]
    return layers === undefined ? undefined : { layers, bytes: layers.count * layerBytes }
  }
}

function isSame(a: LayerRange | undefined, b: LayerRange): boolean {
  return a?.first === b.first && a.count === b.count
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
