import { AbortedError } from '@shardline/core'
import type { FoundStages, StageSource } from './stage-source.ts'

/** Nodes that a driver is told by hand: always the same. */
export class GivenStages implements StageSource {
  readonly notes: readonly string[] = []
  readonly #stages: FoundStages

  constructor(stages: FoundStages) {
    this.#stages = stages
  }

  async find({ signal }: { readonly signal: AbortSignal | undefined }): Promise<FoundStages> {
    if (signal?.aborted === true) throw new AbortedError('finding stages', signal.reason)
    return this.#stages
  }

  /** Nobody comes or goes. */
  watch(): () => void {
    return () => undefined
  }
}
