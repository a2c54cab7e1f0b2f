import type { Milliseconds, PipelineId } from '@shardline/core'
import { StageAnswerUnexpectedError } from '../errors.ts'
import { shortestRoundTrip } from '../round-trip.ts'
import type { StageLink } from '../stage-link.ts'
import type { LinkWays } from './rehearsed-parts.ts'

/** What {@link measureWays} measures. */
export interface MeasureWaysInit {
  readonly id: PipelineId
  /** Workers in order of their layers, then the validator. */
  readonly links: readonly StageLink[]
  readonly measureMsMax: Milliseconds
  readonly signal: AbortSignal
  /** Told of a link that could not be measured, and why. */
  readonly onUnmeasured: (link: StageLink, cause: unknown) => void
}

/**
 * Pings along the way of a token: the driver its first stage and the validator, each stage the next one. A way is half of a
 * round trip. Never rejects: a way that can't be measured isn't known.
 */
export async function measureWays(init: MeasureWaysInit): Promise<LinkWays> {
  const { links } = init
  const first = links[0]
  const entryMs = first && half(await shortestRoundTrip(first))
  const stagesMs = await Promise.all(
    links.map(async (link, index) =>
      half(index === links.length - 1 ? await shortestRoundTrip(link) : await askNextRoundTrip(link, init)),
    ),
  )
  return { entryMs, stagesMs }
}

async function askNextRoundTrip(link: StageLink, init: MeasureWaysInit): Promise<Milliseconds | undefined> {
  const { id, measureMsMax, signal, onUnmeasured } = init
  try {
    const reply = await link.request((request) => ({ kind: 'measure', request, pipeline: id }), {
      what: 'how far the next stage is',
      silenceMsMax: measureMsMax,
      onProgress: undefined,
      signal,
    })
    if (reply.kind !== 'measured')
      throw new StageAnswerUnexpectedError(link.identity, `${reply.kind} to measure`)
    return reply.nextRoundTripMs ?? undefined
  } catch (cause) {
    onUnmeasured(link, cause)
    return undefined
  }
}

function half(roundTripMs: Milliseconds | undefined): Milliseconds | undefined {
  return roundTripMs === undefined ? undefined : roundTripMs / 2
}
