import type { Milliseconds } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import { SAMPLING_DEFAULTS } from '@shardline/engine'
import { RehearsalEndedError } from '../errors.ts'
import {
  MEASURE_CONTEXT_TOKENS,
  MEASURE_PREFILL_MS_MAX,
  REHEARSAL_PASS_MS_MAX,
  REHEARSAL_STEPS_MAX,
} from '../limits.ts'
import type { PipelineCore } from '../pipeline-core.ts'
import type { Session, TurnOpening } from '../session.ts'
import { RehearsalTurn } from './rehearsal-turn.ts'
import type { RehearsedPasses } from './rehearsed-parts.ts'
import type { RehearsedPass } from './rehearsed-pass.ts'
import { passOf } from './rehearsed-pass.ts'

/** What {@link rehearse} plays on. */
export interface RehearseInit {
  readonly core: Pick<PipelineCore, 'openSession' | 'startTurn' | 'wake' | 'closeSession' | 'newStatistics'>
  /** Node ids of the stages, the validator's last. */
  readonly nodes: readonly string[]
  readonly vocabularySize: number
  readonly contextLength: number
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Tokens in the cache for the first pass. */
const SHORT_CONTEXT_TOKENS = 16
/** First steps of a pass that don't count. */
const WARM_UP_STEPS = 3
/** Steps that count at the least. */
const STEPS_MIN = 3
/** Time of a prompt's row against that of a decode row, at most: many rows share the reading of the weights. */
const PREFILL_ROW_SHARE = 0.5
/** Steps between ids of made-up tokens: a prime, so that rows of the whole vocabulary occur. */
const ID_STRIDE = 7919

const OPENING: TurnOpening = Object.freeze({
  sampling: SAMPLING_DEFAULTS,
  score: null,
  isDigestWanted: false,
  ask: null,
  resume: null,
})

/**
 * Runs a short session of made-up tokens through a formed pipeline: the stages take turns as they will for answers, so that
 * each finds the caches of its processor, its threads and its links as it will then. Two passes, with few tokens in the
 * cache and with many; the second one only where filling the cache takes no longer than MEASURE_PREFILL_MS_MAX.
 *
 * @throws RehearsalEndedError when `signal` aborts, a stage is lost, or sessions are too short for a step that counts; what
 * a session ends with otherwise.
 */
export async function rehearse(init: RehearseInit): Promise<RehearsedPasses> {
  const { core, contextLength, signal } = init
  if (signal.aborted) throw endedBy(signal)
  const capacity = Math.min(contextLength, MEASURE_CONTEXT_TOKENS + WARM_UP_STEPS + REHEARSAL_STEPS_MAX)
  const session = core.openSession(capacity)
  try {
    const shortTokens = Math.max(1, Math.min(SHORT_CONTEXT_TOKENS, capacity - WARM_UP_STEPS - STEPS_MIN))
    const short = await runPass(session, shortTokens, init)
    if (short === undefined) throw new RehearsalEndedError('no step of it counts')
    const longTokens = Math.min(MEASURE_CONTEXT_TOKENS, capacity - WARM_UP_STEPS - STEPS_MIN)
    const isLong = longTokens > shortTokens + WARM_UP_STEPS + REHEARSAL_STEPS_MAX
    const isWorth = isLong && fillingMs(short, longTokens) <= MEASURE_PREFILL_MS_MAX
    return { short, long: isWorth ? await runPass(session, longTokens, init) : undefined }
  } finally {
    // Its end rides with the next frame; nobody has to wait for it.
    void core.closeSession(session)
  }
}

function endedBy({ reason }: AbortSignal): RehearsalEndedError {
  return typeof reason === 'string'
    ? new RehearsalEndedError(reason)
    : new RehearsalEndedError(fromUnknown(reason).message, reason)
}

/** Time to fill the cache with `tokens`: the stages work on different pieces of the prompt at the same time. */
function fillingMs(short: RehearsedPass, tokens: number): Milliseconds {
  return Math.max(...short.computeMs) * PREFILL_ROW_SHARE * tokens
}

async function runPass(
  session: Session,
  promptTokens: number,
  init: RehearseInit,
): Promise<RehearsedPass | undefined> {
  const { core, nodes, vocabularySize, signal } = init
  const context = Array.from({ length: promptTokens }, (_, index) => (index * ID_STRIDE) % vocabularySize)
  const turn = new RehearsalTurn(
    { context, statistics: core.newStatistics() },
    {
      // The row of the last step still has to fit.
      stepsMax: Math.min(WARM_UP_STEPS + REHEARSAL_STEPS_MAX, session.capacity - promptTokens),
      stepsMin: WARM_UP_STEPS + STEPS_MIN,
      msMax: REHEARSAL_PASS_MS_MAX,
    },
  )
  const onAbort = (): void => {
    session.endTurn()
    turn.fail(endedBy(signal))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    // Whoever waits for a validator that is silent doesn't hear the signal.
    core.startTurn(session, turn, { opening: OPENING, signal }).then(
      () => core.wake(),
      (cause: unknown) => turn.fail(fromUnknown(cause)),
    )
    const steps = await turn.finished
    return passOf(steps, { promptTokens, warmUpSteps: WARM_UP_STEPS, nodes })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
