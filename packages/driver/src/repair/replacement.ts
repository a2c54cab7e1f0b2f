import type { StageLink } from '../stage-link.ts'
import type { Spare } from './spare.ts'

/** A node that is to take a stage's place. */
export interface Replacement {
  readonly link: StageLink
  /** Where it comes from; undefined for a node that is linked again, or gets its own part anew. */
  readonly spare: Spare | undefined
}
