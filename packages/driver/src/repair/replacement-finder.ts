import type { Milliseconds } from '@shardline/core'
import { AbortedError } from '@shardline/core'
import type { FormationComponents, Met, StagePlace } from '../meet-stage.ts'
import { meetStage } from '../meet-stage.ts'
import type { Member } from '../membership.ts'
import type { FormationInit } from '../pipeline-formation.ts'
import type { StageLink } from '../stage-link.ts'
import { chooseReplacements } from './choose-replacements.ts'
import type { OpenPart } from './choose-replacements.ts'
import type { Replacement } from './replacement.ts'
import { Spare } from './spare.ts'
import type { SparePool } from './spare-pool.ts'

/** What a {@link ReplacementFinder} works with. */
export interface FinderComponents extends FormationComponents {
  readonly spares: SparePool
}

/** Options of a {@link ReplacementFinder}. */
export interface FinderInit {
  readonly formation: FormationInit
  readonly layerBytes: number
  readonly headBytes: number
  readonly reformMsMax: Milliseconds
}

/** Finds nodes for the places of lost stages: spares, nodes whose link broke and that can be dialed again, the lost one itself. */
export class ReplacementFinder {
  readonly #components: FinderComponents
  readonly #init: FinderInit
  /** Linked for this repair, and not in place yet. */
  readonly #reached = new Set<Spare>()
  /** Their part failed, but they can get another one. */
  readonly #staying = new Set<StageLink>()
  /** Of those, who could not even take its own part anew. */
  readonly #unable = new Set<StageLink>()

  constructor(components: FinderComponents, init: FinderInit) {
    this.#components = components
    this.#init = init
  }

  /** A lost stage whose node lives. */
  mayStay(link: StageLink): void {
    this.#staying.add(link)
  }

  /** A replacement for each lost stage, taken from the pool; undefined if there is none for one of them. */
  async find(
    lost: readonly Member[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Member, Replacement> | undefined> {
    const chosen = this.#choose(lost)
    const without = lost.filter((member) => chosen.get(member) === undefined)
    if (without.length > 0) {
      await this.#reach(without, signal)
      for (const [member, replacement] of this.#choose(without)) chosen.set(member, replacement)
    }
    const found = new Map<Member, Replacement>()
    for (const member of lost) {
      const replacement = chosen.get(member) ?? this.#itself(member)
      if (replacement === undefined) return undefined
      found.set(member, replacement)
    }
    for (const { spare } of found.values()) {
      if (spare === undefined) continue
      if (!this.#reached.has(spare)) this.#components.spares.take(spare)
      this.#reached.add(spare)
    }
    return found
  }

  /** All nodes that wait or can be reached again, for a formation of everybody. */
  async all(lost: readonly Member[], signal: AbortSignal): Promise<readonly StageLink[]> {
    const { spares } = this.#components
    await this.#reach(lost, signal)
    for (const spare of spares.idle) {
      spares.take(spare)
      this.#reached.add(spare)
    }
    const usable = [...this.#reached].filter(({ link }) => link.failure === undefined)
    await Promise.all(usable.map((spare) => spare.release()))
    return [
      ...usable.map(({ link }) => link),
      ...[...this.#staying].filter((link) => link.failure === undefined),
    ]
  }

  /** These couldn't take a place: they are let go, and dialed again after a while, so that the next attempt asks others. */
  giveUp(links: readonly StageLink[]): void {
    for (const link of links) if (this.#staying.has(link)) this.#unable.add(link)
    for (const spare of this.#reached) {
      if (links.includes(spare.link))
        this.#drop(spare.link, (place) => this.#components.spares.keepLater(place))
    }
  }

  /** The repair is done: who is in place stays, the others go back to the pool. */
  settle(inPlace: readonly StageLink[]): void {
    const links = new Set([...[...this.#reached].map(({ link }) => link), ...this.#staying])
    for (const link of links) if (!inPlace.includes(link)) this.#drop(link)
    this.#reached.clear()
    this.#staying.clear()
    this.#unable.clear()
  }

  #drop(
    link: StageLink,
    keep: (place: StagePlace) => void = (place) => this.#components.spares.keep(place),
  ): void {
    const { formation } = this.#init
    for (const spare of this.#reached) if (spare.link === link) this.#reached.delete(spare)
    this.#staying.delete(link)
    const { role, index } = link.identity
    const place = { role, index, address: link.dialAddress }
    void link
      .close({ kind: 'release', pipeline: formation.id }, 'it has no place in the pipeline')
      .finally(() => keep(place))
  }

  #choose(lost: readonly Member[]): Map<Member, Replacement> {
    const { layerBytes, headBytes } = this.#init
    const parts = lost.map(({ facts: { layers } }): OpenPart => ({
      layers,
      neededBytes: layers === undefined ? headBytes : layers.count * layerBytes,
    }))
    const reached = [...this.#reached].filter(({ link }) => link.failure === undefined)
    const chosen = chooseReplacements(parts, [...this.#components.spares.idle, ...reached])
    const found = new Map<Member, Replacement>()
    for (const [index, member] of lost.entries()) {
      const spare = chosen[index]
      if (spare !== undefined) found.set(member, { link: spare.link, spare })
    }
    return found
  }

  #itself({ link }: Member): Replacement | undefined {
    const isAble = this.#staying.has(link) && !this.#unable.has(link)
    return isAble && link.failure === undefined ? { link, spare: undefined } : undefined
  }

  /** Dials lost nodes again: their process may have started anew. */
  async #reach(lost: readonly Member[], signal: AbortSignal): Promise<void> {
    const { formation, reformMsMax } = this.#init
    const dialMsMax = Math.min(formation.dialMsMax, reformMsMax)
    const describeMsMax = Math.min(formation.describeMsMax, reformMsMax)
    const known = new Set([...this.#reached].map(({ link }) => link.dialAddress))
    const dialed = lost.map(async ({ link }): Promise<Met | undefined> => {
      const { role, index } = link.identity
      if (link.failure === undefined || known.has(link.dialAddress)) return undefined
      const place = { role, index, address: link.dialAddress }
      let half: StageLink | undefined
      try {
        return await meetStage(this.#components, place, {
          ...formation,
          dialMsMax,
          describeMsMax,
          signal,
          onLink: (it) => {
            half = it
          },
        })
      } catch {
        // It stays lost.
        void half?.close(undefined, 'it is no stage any more')
        return undefined
      }
    })
    for (const met of await Promise.all(dialed)) if (met !== undefined) this.#reached.add(new Spare(met))
    if (signal.aborted) throw new AbortedError('the repair', signal.reason)
  }
}
