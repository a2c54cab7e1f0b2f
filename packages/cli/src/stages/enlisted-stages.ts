import { AbortedError } from '@shardline/core'
import { placeOfNode } from '@shardline/driver'
import type { EnlistDoor, EnlistedNode } from '@shardline/driver'
import type { PartyId } from '@shardline/identity'
import { NodesMissingError } from '../errors.ts'
import { chooseStages } from './choose-stages.ts'
import type { FoundStages, StageSource, StageWatcher } from './stage-source.ts'

/** Options of {@link EnlistedStages}. */
export interface EnlistedStagesInit {
  /** Who was told by hand: whoever enlists in such a role stands by. */
  readonly given: {
    readonly workers: readonly string[] | undefined
    readonly validator: string | undefined
    readonly spares: FoundStages['spares']
  }
  /** Bytes that all layers take. */
  readonly bytesNeeded: number
  /** Workers that it takes, where that is said. @default as few as hold the model */
  readonly workersWanted: number | undefined
  /** Who is no stage: the driver itself. */
  readonly self: PartyId
  /** Told what is waited for, each time that it changes; empty when nothing is. */
  readonly onMissing: (missing: string) => void
}

const NODES_NAMED_MAX = 3

/** Nodes that enlist at the driver's door, beside those that it was told by hand. */
export class EnlistedStages implements StageSource {
  readonly #door: Pick<EnlistDoor, 'nodes' | 'watch' | 'tellMissing'>
  readonly #init: EnlistedStagesInit
  /** Nodes that were found or told of last, and came by the door. */
  #told = new Set<string>()
  #missing = ''
  /** Of the workers that were found last; undefined where they were given by hand. */
  #numericClass: string | undefined

  constructor(door: Pick<EnlistDoor, 'nodes' | 'watch' | 'tellMissing'>, init: EnlistedStagesInit) {
    this.#door = door
    this.#init = init
  }

  get notes(): readonly string[] {
    const missing = this.#missing === '' ? [] : [`waits for nodes; missing: ${this.#missing}`]
    const others = this.#door.nodes.filter((node) => !this.#isUsable(node))
    const named = others.slice(0, NODES_NAMED_MAX).map(({ name, work }) => `${name} (${work.numericClass})`)
    const more = others.length > named.length ? ` and ${others.length - named.length} more` : ''
    if (others.length === 0) return missing
    return [
      ...missing,
      `do not stand by, because they compute in another numeric class than ${this.#numericClass}: ${named.join(', ')}${more}`,
    ]
  }

  /** Waits until those that are enlisted hold the model. */
  async find({ signal }: { readonly signal: AbortSignal | undefined }): Promise<FoundStages> {
    for (;;) {
      if (signal?.aborted === true) throw new AbortedError('finding stages', signal.reason)
      const changed = this.#nextChange(signal)
      try {
        const found = this.#choose()
        this.#lack('')
        const { spares } = found
        const all = [...found.workers, found.validator, ...spares.workers, ...spares.validators]
        const enlisted = new Set(this.#door.nodes.map(placeOfNode))
        this.#told = new Set(all.filter((address) => enlisted.has(address)))
        const first = this.#door.nodes.find((node) => found.workers[0] === placeOfNode(node))
        this.#numericClass = first?.work.numericClass
        return found
      } catch (cause) {
        if (!(cause instanceof NodesMissingError)) throw cause
        this.#lack(cause.missing)
        await changed.promise
      } finally {
        changed.end()
      }
    }
  }

  watch(watcher: StageWatcher): () => void {
    const come = (node: EnlistedNode): void => {
      if (!this.#isUsable(node)) return
      this.#told.add(placeOfNode(node))
      watcher.came({ role: node.role, address: placeOfNode(node) })
    }
    const go = (address: string): void => {
      this.#told.delete(address)
      watcher.went(address)
    }
    const end = this.#door.watch(({ kind, node }) => (kind === 'came' ? come(node) : go(placeOfNode(node))))
    const here = this.#door.nodes
    const places = new Set(here.map(placeOfNode))
    for (const address of this.#told) if (!places.has(address)) go(address)
    for (const node of here) if (!this.#told.has(placeOfNode(node))) come(node)
    return end
  }

  /** A worker of another class would change the text of answers that it takes over. */
  #isUsable({ role, work }: EnlistedNode): boolean {
    const numericClass = this.#numericClass
    return role === 'validator' || numericClass === undefined || work.numericClass === numericClass
  }

  #choose(): FoundStages {
    const { given, bytesNeeded, workersWanted, self } = this.#init
    const nodes = this.#door.nodes.filter(({ node }) => node !== self)
    const workers = nodes.filter(({ role }) => role === 'worker')
    const validators = nodes.filter(({ role }) => role === 'validator')
    const { workers: workersGiven, validator: validatorGiven, spares } = given
    const init = { bytesNeeded, workersWanted, self, workersGiven, validatorGiven }
    const chosen = chooseStages({ workers, validators }, init)
    return {
      ...chosen,
      spares: {
        workers: [...spares.workers, ...chosen.spares.workers],
        validators: [...spares.validators, ...chosen.spares.validators],
      },
    }
  }

  #lack(missing: string): void {
    if (missing === this.#missing) return
    this.#missing = missing
    this.#door.tellMissing(missing)
    this.#init.onMissing(missing)
  }

  #nextChange(signal: AbortSignal | undefined): {
    readonly promise: Promise<void>
    readonly end: () => void
  } {
    let end = (): void => undefined
    const promise = new Promise<void>((resolve) => {
      const unwatch = this.#door.watch(() => resolve())
      const onAbort = (): void => resolve()
      signal?.addEventListener('abort', onAbort, { once: true })
      end = () => {
        unwatch()
        signal?.removeEventListener('abort', onAbort)
      }
    })
    return { promise, end }
  }
}
