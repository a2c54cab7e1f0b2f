import type { Epoch, LayerRange } from '@shardline/core'
import { epoch } from '@shardline/core'
import type { StageFacts } from './answer-statistics.ts'
import type { StageLink } from './stage-link.ts'

/** One stage of a pipeline as the driver holds it. */
export interface Member {
  readonly link: StageLink
  readonly facts: StageFacts
}

/** The stages that are in force, or that a repair is putting in place. */
export interface Members {
  /** In order of their layers. */
  readonly workers: readonly Member[]
  readonly validator: Member
}

/** What a {@link Membership} begins with. */
export interface MembershipInit extends Members {
  readonly epoch: Epoch
  /** The driver's own line in reports. */
  readonly driver: StageFacts
}

/**
 * Who makes up a pipeline at present. Stages take their place one by one while a repair runs; the epoch in force rises
 * when all are in place.
 */
export class Membership {
  readonly #driver: StageFacts
  #members: Members
  #epoch: Epoch
  #raised: Epoch

  constructor(init: MembershipInit) {
    this.#driver = init.driver
    this.#members = { workers: init.workers, validator: init.validator }
    this.#epoch = init.epoch
    this.#raised = init.epoch
  }

  /** The epoch in force. */
  get epoch(): Epoch {
    return this.#epoch
  }

  /** The highest epoch that any stage was told of. */
  get raised(): Epoch {
    return this.#raised
  }

  get workers(): readonly Member[] {
    return this.#members.workers
  }

  get validator(): Member {
    return this.#members.validator
  }

  /** Workers in order of their layers, then the validator. */
  get all(): readonly Member[] {
    return [...this.#members.workers, this.#members.validator]
  }

  /** Driver, workers, validator. */
  get facts(): readonly StageFacts[] {
    return [this.#driver, ...this.all.map((member) => member.facts)]
  }

  /** Layers of each worker. */
  get ranges(): readonly LayerRange[] {
    return this.workers.flatMap(({ facts }) => facts.layers ?? [])
  }

  /** A new epoch, for the next attempt to form the pipeline. */
  raise(): Epoch {
    this.#raised = epoch(this.#raised + 1)
    return this.#raised
  }

  /** Puts `by` where `member` was. */
  replace(member: Member, by: Member): void {
    const { workers, validator } = this.#members
    this.#members = {
      workers: workers.map((worker) => (worker === member ? by : worker)),
      validator: validator === member ? by : validator,
    }
  }

  /** Other stages altogether. */
  renew(members: Members): void {
    this.#members = { workers: members.workers, validator: members.validator }
  }

  /** The raised epoch is in force. */
  commit(): void {
    this.#epoch = this.#raised
  }

  /** The member that `link` leads to; undefined if none. */
  of(link: StageLink): Member | undefined {
    return this.all.find((member) => member.link === link)
  }
}
