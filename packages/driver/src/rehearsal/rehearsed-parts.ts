import type { Milliseconds } from '@shardline/core'
import type { SpeedParts, StageTime } from '../speed-prediction.ts'
import type { RehearsedPass } from './rehearsed-pass.ts'

/** One way over each link in milliseconds, the network alone; undefined where it isn't known. */
export interface LinkWays {
  /** From the driver to the first stage. */
  readonly entryMs: Milliseconds | undefined
  /** From each stage to the next one, and from the validator to the driver. */
  readonly stagesMs: readonly (Milliseconds | undefined)[]
}

/** What a rehearsal showed, with few tokens in the cache and with many. */
export interface RehearsedPasses {
  readonly short: RehearsedPass
  /** Undefined where filling the cache would take too long. */
  readonly long: RehearsedPass | undefined
}

/**
 * The parts of a step as they were rehearsed. They add up to it: what isn't compute went over the links, each of which takes
 * its way and an equal share of what the ways don't explain: the software at both ends.
 *
 *     Σ links = step - Σ compute        link = way + (Σ links - Σ ways) / links
 *
 * Where the ways explain more than there is (a ping is slower than a frame), each link gets its share by its way.
 * With two passes a stage's compute is a line through both; one that would fall is noise, and flat.
 */
export function rehearsedParts(planned: SpeedParts, passes: RehearsedPasses, ways: LinkWays): SpeedParts {
  const { short, long } = passes
  const latest = long ?? short
  const restMs = (short.restMs + latest.restMs) / 2
  const known = [ways.entryMs ?? 0, ...planned.stages.map((_, index) => ways.stagesMs[index] ?? 0)]
  const [entryMs = 0, ...links] = shareOut(restMs, known)
  return {
    driverMs: (short.driverMs + latest.driverMs) / 2,
    entryMs,
    stages: planned.stages.map((stage, index): StageTime => {
      const compute = lineThrough(index, passes)
      return { ...stage, ...compute, linkMs: links[index] ?? 0, isMeasured: true }
    }),
    contextTokens: Math.round(latest.contextTokens),
    decodeFramesInFlightMax: planned.decodeFramesInFlightMax,
  }
}

/** What was planned, with links as long as their ways are known to be; `hopMs` is what software adds to each. */
export function partsWithWays(planned: SpeedParts, ways: LinkWays, hopMs: Milliseconds): SpeedParts {
  const linkOf = (way: Milliseconds | undefined, otherwise: Milliseconds): Milliseconds =>
    way === undefined ? otherwise : way + hopMs
  return {
    ...planned,
    entryMs: linkOf(ways.entryMs, planned.entryMs),
    stages: planned.stages.map((stage, index) => ({
      ...stage,
      linkMs: linkOf(ways.stagesMs[index], stage.linkMs),
    })),
  }
}

function lineThrough(
  index: number,
  { short, long }: RehearsedPasses,
): Pick<StageTime, 'computeMs' | 'perTokenMs'> {
  const shortMs = short.computeMs[index] ?? 0
  const longMs = long?.computeMs[index]
  if (long === undefined || longMs === undefined) return { computeMs: shortMs, perTokenMs: 0 }
  if (longMs <= shortMs) return { computeMs: (longMs + shortMs) / 2, perTokenMs: 0 }
  const tokens = long.contextTokens - short.contextTokens
  return { computeMs: longMs, perTokenMs: tokens > 0 ? (longMs - shortMs) / tokens : 0 }
}

/** Divides `totalMs` so that the sum is kept: see {@link rehearsedParts}. */
function shareOut(totalMs: Milliseconds, ways: readonly Milliseconds[]): readonly Milliseconds[] {
  const sum = ways.reduce((total, way) => total + way, 0)
  if (sum > totalMs) return ways.map((way) => (way * totalMs) / sum)
  return ways.map((way) => way + (totalMs - sum) / ways.length)
}
