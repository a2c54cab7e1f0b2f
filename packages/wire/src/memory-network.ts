import type { Clock } from '@shardline/core'
export interface MemoryNetworkInit {
  /** From sending a frame's last byte to its arrival, in milliseconds. @default 0 */
  readonly latencyMs?: number
  /** Bytes per second in each direction of each link. @default Infinity */
  readonly bytesPerSecond?: number
}
export class MemoryNetwork {
  constructor(_components: { readonly clock: Clock }, _init: MemoryNetworkInit = {}) {}
}
