/** Roles that a peer can play on a link. */
export type PeerRole = 'driver' | 'worker' | 'validator' | 'client'

/** Numbers a request, so that its answers find it. Chosen by the asking side, unique on the link. */
export type RequestId = number

/** A range of layers as it travels. */
export interface WireLayers {
  readonly first: number
  readonly count: number
}

/** What one stage did to one frame, appended by each stage to the frame that it sends on. Times in milliseconds. */
export interface TraceEntry {
  /** Node id of the stage. */
  readonly node: string
  /** Layers, or null for the validator's head. */
  readonly layers: WireLayers | null
  /** Rows of this frame. */
  readonly rows: number
  /** From the frame's arrival to the start of the run that took it. */
  readonly queueMs: number
  /** The run itself. */
  readonly computeMs: number
  /** From the frame's arrival to the hand-over of its result to the next link. */
  readonly totalMs: number
}
