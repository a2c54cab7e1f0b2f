import type { NodeCounters, NodePipeline } from '@shardline/node'
import { layersOf } from './driver-status.ts'
import { statusNotes } from './status-notes.ts'
import type { EarningsStatus, StageStatus } from './status-document.ts'

/** What a worker or a validator says of itself. */
export interface StageSource {
  readonly role: 'worker' | 'validator'
  readonly identity: { readonly id: string }
  readonly node: string
  readonly address: string
  readonly counters: NodeCounters
  readonly pipelines: readonly NodePipeline[]
}

/** A worker or a validator. */
export function stageStatus(
  stage: StageSource,
  earnings: EarningsStatus | null,
  notes: readonly (string | undefined)[] = [],
): StageStatus {
  const { role, identity, node, address, counters, pipelines } = stage
  return {
    role,
    party: identity.id,
    node,
    address,
    frames_in: counters.framesIn,
    frames_out: counters.framesOut,
    runs: counters.runs,
    rows: counters.rows,
    sessions_open: counters.sessionsOpen,
    refusals: counters.refusals,
    stale_frames: counters.staleFrames,
    record_bytes: counters.recordBytes,
    pipelines: pipelines.map(({ id, epoch, model, modelDigest, layers, isReady, packedBytes }) => ({
      id,
      epoch,
      model,
      model_digest: modelDigest,
      layers: layersOf(layers),
      is_ready: isReady,
      packed_bytes: packedBytes,
    })),
    earnings,
    ...statusNotes(notes),
  }
}
