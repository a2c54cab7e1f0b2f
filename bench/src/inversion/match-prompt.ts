import { sessionId } from '@shardline/core'
import { BRANCHES_MAX } from '@shardline/engine'
import type { EmbeddingTable } from '@shardline/model'
import type { Rows } from './dot-products.ts'
import { rowAt, rowCount } from './dot-products.ts'
import type { StageChain } from './stage-chain.ts'

/** What {@link matchPrompt} works with. */
export interface MatchInit {
  readonly chain: StageChain
  readonly cut: number
  readonly embeddings: EmbeddingTable
  /** What everybody knows that the prompt begins with: what the model's chat template writes before it. */
  readonly known: readonly number[]
  /** States of the prompt at the cut, the known beginning included. This is all that the attack is given of it. */
  readonly observed: Rows
  /** Ids that may stand behind what was rebuilt so far, the likeliest first; at least `BRANCHES_MAX`. */
  readonly candidates: (prefix: readonly number[]) => Promise<readonly number[]>
}

/** A prompt as it was rebuilt. */
export interface MatchedPrompt {
  /** Tokens behind the known ones; they end early where no candidate came near. */
  readonly ids: readonly number[]
  /** Positions whose states came out byte for byte the same. */
  readonly equal: number
  /** Candidates that each position took. */
  readonly tried: readonly number[]
  /** Least distance of a wrong candidate, relative to the length of the observed state. */
  readonly wrongDistance: number
}

/**
 * Farthest that the right candidate's state can be, relative to the length of the observed one: the rounding of another
 * numeric class is far below, every wrong candidate far above. Behind a wrong token nothing comes near any more.
 */
const DISTANCE_MAX = 1e-3

const SESSIONS = Array.from({ length: BRANCHES_MAX }, (_, index) => sessionId(`candidate-${index}`))

/**
 * Rebuilds a prompt from its states, as anyone can who has the layers before the cut: runs each candidate behind what was
 * rebuilt so far and takes the one whose state is the observed one. Whoever computes as the pipeline does gets the same
 * bytes, so the search for a position ends there. Otherwise the nearest one is taken; if even that is far, the attack ends.
 */
export async function matchPrompt(init: MatchInit): Promise<MatchedPrompt> {
  const { chain, observed, known } = init
  const length = rowCount(observed)
  for (const session of SESSIONS) chain.open(session, length)
  const ids = [...known]
  const tried: number[] = []
  let equal = 0
  let wrongDistance = Infinity
  while (ids.length < length) {
    const found = await matchPosition(init, ids)
    tried.push(found.tried)
    if (found.distance === 0) equal++
    wrongDistance = Math.min(wrongDistance, found.wrongDistance)
    if (found.distance > DISTANCE_MAX) break
    ids.push(found.id)
  }
  for (const session of SESSIONS) chain.close(session)
  return { ids: ids.slice(known.length), equal, tried, wrongDistance }
}

interface Match {
  readonly id: number
  readonly distance: number
  readonly tried: number
  readonly wrongDistance: number
}

async function matchPosition(init: MatchInit, prefix: readonly number[]): Promise<Match> {
  const position = prefix.length
  const candidates = await init.candidates(prefix)
  const target = rowAt(init.observed, position)
  let best = { id: 0, distance: Infinity }
  let wrongDistance = Infinity
  let tried = 0
  while (tried < candidates.length && best.distance > 0) {
    const some = candidates.slice(tried, tried + SESSIONS.length)
    // The first batch also takes the caches from the last position's candidates back to the one that was right;
    // at the first position they hold nothing yet.
    const before = tried > 0 ? [] : position === init.known.length ? prefix : prefix.slice(-1)
    const states = await runCandidates(init, { candidates: some, before, position })
    for (const [index, id] of some.entries()) {
      const distance = relativeDistance(rowAt(states, (index + 1) * (before.length + 1) - 1), target)
      if (distance > 0) wrongDistance = Math.min(wrongDistance, distance)
      if (distance < best.distance) best = { id, distance }
    }
    tried += some.length
  }
  return { ...best, tried, wrongDistance }
}

interface CandidateRun {
  readonly candidates: readonly number[]
  /** The token before, where the caches don't hold it yet. */
  readonly before: readonly number[]
  readonly position: number
}

async function runCandidates(init: MatchInit, run: CandidateRun): Promise<Rows> {
  const { candidates, before, position } = run
  const segments = SESSIONS.slice(0, candidates.length).map((session) => ({
    session,
    position: position - before.length,
    rows: before.length + 1,
  }))
  const hidden = await init.embeddings.rows(candidates.flatMap((id) => [...before, id]))
  const states = await init.chain.run(segments, hidden, init.cut)
  return { size: init.embeddings.hiddenSize, values: states.at(-1) ?? hidden }
}

function relativeDistance(state: Float32Array, target: Float32Array): number {
  let squares = 0
  let length = 0
  for (const [i, value] of target.entries()) {
    squares += ((state[i] ?? 0) - value) ** 2
    length += value * value
  }
  return Math.sqrt(squares / length)
}
