import type { SessionOpening } from '@shardline/wire'
import type { InboxFrame } from './pipeline-inbox.ts'
import type { SessionLane } from './session-lane.ts'
import type { WorkPart } from './stage-work.ts'

/** What happens to one session in one run: it may be opened first, give rows, and be closed last. */
export interface RunEntry {
  readonly lane: SessionLane
  /** How the session was opened, if it was since the last frame. */
  opened: SessionOpening | undefined
  /** The session's rows, and their hidden states. */
  rows: { readonly part: WorkPart; readonly hidden: Float32Array } | undefined
  isClosing: boolean
  /** Frames that it came from. */
  readonly frames: Set<InboxFrame>
}

/** A run entry that nothing has happened to yet. */
export function emptyEntry(lane: SessionLane): RunEntry {
  return { lane, opened: undefined, rows: undefined, isClosing: false, frames: new Set() }
}
