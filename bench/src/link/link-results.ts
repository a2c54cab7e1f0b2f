import type { Machine } from '../machine.ts'
import type { LinkBenchOptions } from './link-bench-options.ts'

/** What carries the frames. */
export type Carrier = 'memory' | 'WebSockets'

/** Whether frames are sealed. */
export type Protection = 'in clear' | 'sealed'

/** How frames follow each other: each waits for the one before to arrive, or many are on the way. */
export type Flow = 'one by one' | 'streamed'

/** Time per frame in one round. */
export interface FrameSample {
  readonly carrier: Carrier
  readonly protection: Protection
  readonly flow: Flow
  /** Bytes of the hidden states in a frame. */
  readonly bytes: number
  readonly round: number
  readonly frameUs: number
}

/** Time from dialing to a link, in one round. */
export interface HandshakeSample {
  readonly carrier: Carrier
  readonly protection: Protection
  readonly round: number
  readonly linkUs: number
}

/** Everything that the benchmark of links found out; this is the content of the JSON file. */
export interface LinkResults {
  readonly name: 'link'
  /** Day in UTC, as in 2025-01-31. */
  readonly date: string
  readonly machine: Machine
  readonly settings: Omit<LinkBenchOptions, 'outFolder'>
  readonly frames: readonly FrameSample[]
  readonly handshakes: readonly HandshakeSample[]
}
