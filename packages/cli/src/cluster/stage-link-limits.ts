import type { WireLimits } from '@shardline/wire'

/**
 * How a driver watches its links to stages: one that gives no sign for 3 seconds is taken for lost and replaced. Stages
 * compute beside their event loop, so that they answer pings also while they are busy. Links the other way round have more
 * patience: a node that waits for its driver has nothing to replace it with.
 */
export const STAGE_LINK_LIMITS: Partial<Pick<WireLimits, 'pingIntervalMs' | 'livenessMsMax'>> = Object.freeze(
  {
    pingIntervalMs: 1000,
    livenessMsMax: 3000,
  },
)
