import { CleanupStack } from '@shardline/core'
import { createStage } from '@shardline/engine'
import type { BatchSegment, Stage } from '@shardline/engine'
import { loadShard } from '@shardline/model'
import type { Checkpoint } from '@shardline/model'

/** Stages behind each other that show what passes between them. */
export interface StageChain extends AsyncDisposable {
  /** Layers before each cut; 0 and all of them included. */
  readonly cuts: readonly number[]
  open(session: BatchSegment['session'], capacity: number): void
  /** Runs rows through the stages up to a cut; resolves with the hidden states at each cut on the way, the given ones first. */
  run(segments: readonly BatchSegment[], hidden: Float32Array, cut: number): Promise<readonly Float32Array[]>
  close(session: BatchSegment['session']): void
}

/** Loads a model as a pipeline that is cut at the start, after 1 layer, after a quarter, half and three quarters of them, and at the end. */
export async function openStageChain(checkpoint: Checkpoint, cacheFolder: string): Promise<StageChain> {
  const { layerCount } = checkpoint.config
  const wanted = [0, 1, ...[4, 2, 4 / 3].map((part) => Math.round(layerCount / part)), layerCount]
  const cuts = [...new Set(wanted)].toSorted((a, b) => a - b)
  await using starting = new CleanupStack()
  const stages: Stage[] = []
  for (const [index, first] of cuts.slice(0, -1).entries()) {
    const layers = { first, count: (cuts[index + 1] ?? layerCount) - first }
    const shard = await loadShard(checkpoint, { layers }, { cacheFolder })
    const stage = await createStage({ shard, layers, isSpinning: false })
    starting.add(async () => stage[Symbol.asyncDispose]())
    stages.push(stage)
  }
  const cleanup = starting.release()
  return {
    cuts,
    open: (session, capacity) => {
      for (const stage of stages) stage.open(session, { capacity })
    },
    run: async (segments, hidden, cut) => {
      const states = [hidden]
      for (const stage of stages.slice(0, cuts.indexOf(cut)))
        states.push(await stage.run({ segments, hidden: states.at(-1) ?? hidden }))
      return states
    },
    close: (session) => {
      for (const stage of stages) stage.close(session)
    },
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}
