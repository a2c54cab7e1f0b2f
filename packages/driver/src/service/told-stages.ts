import type { PartyId } from '@shardline/identity'
import type { AnswerEvent } from '@shardline/wire'
import type { StageReport } from '../driver-types.ts'

/** Stages as a user is told of them. */
export type AnswerStages = Extract<AnswerEvent, { type: 'started' }>['stages']

/** What the user of one answer was told of the stages that make it, so that a change is told once, however many choices see it. */
export class ToldStages {
  readonly #driver: PartyId
  #told: AnswerStages
  #isRestaged = false

  constructor(driver: PartyId, stages: readonly StageReport[]) {
    this.#driver = driver
    this.#told = stagesOf(stages, driver)
  }

  /** As they were told last. */
  get stages(): AnswerStages {
    return this.#told
  }

  /** Whether a stage was replaced, be it by the same node. */
  get isRestaged(): boolean {
    return this.#isRestaged
  }

  /** Notes that other stages make the answer; the event that says so, unless the user knows it. */
  restage(stages: readonly StageReport[]): Extract<AnswerEvent, { type: 'restaged' }> | undefined {
    this.#isRestaged = true
    return this.update(stages)
  }

  /** The event that says which stages make the answer, unless the user knows it. */
  update(stages: readonly StageReport[]): Extract<AnswerEvent, { type: 'restaged' }> | undefined {
    const now = stagesOf(stages, this.#driver)
    if (JSON.stringify(now) === JSON.stringify(this.#told)) return undefined
    this.#told = now
    return { type: 'restaged', stages: now }
  }
}

function stagesOf(stages: readonly StageReport[], driver: PartyId): AnswerStages {
  return stages.map(({ role, node, party, layers }) => ({
    role,
    party: role === 'driver' ? driver : (party ?? node),
    layers: layers ?? null,
  }))
}
