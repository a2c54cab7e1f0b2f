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
  /** States of the prompt at the cut. This is all that the attack is given of it. */
  readonly observed: Rows
  /** Ids that may stand at a position, the likeliest first; at least `BRANCHES_MAX`. */
  readonly candidates: (position: number) => readonly number[]
}

/** A prompt as it was rebuilt. */
export interface MatchedPrompt {
  readonly ids: readonly number[]
  /** Positions whose states came out byte for byte the same. */
  readonly equal: number
  /** Candidates that each position took. */
  readonly tried: readonly number[]
  /** Least distance of a wrong candidate, relative to the length of the observed state. */
  readonly wrongDistance: number
}

const SESSIONS = Array.from({ length: BRANCHES_MAX }, (_, index) => sessionId(`candidate-${index}`))

/**
 * Rebuilds a prompt from its states, as anyone can who has the layers before the cut: runs each candidate behind what was
 * rebuilt so far and takes the one whose state is the observed one. Whoever computes as the pipeline does gets the same
 * bytes, so the search ends there; the nearest one is taken if no candidate gives the same bytes.
 */
export async function matchPrompt(init: MatchInit): Promise<MatchedPrompt> {
  const { chain, observed } = init
  const length = rowCount(observed)
  for (const session of SESSIONS) chain.open(session, length)
  const ids: number[] = []
  const tried: number[] = []
  let equal = 0
  let wrongDistance = Infinity
  for (let position = 0; position < length; position++) {
    const found = await matchPosition(init, ids)
    ids.push(found.id)
    tried.push(found.tried)
    if (found.distance === 0) equal++
    wrongDistance = Math.min(wrongDistance, found.wrongDistance)
  }
  for (const session of SESSIONS) chain.close(session)
  return { ids, equal, tried, wrongDistance }
}

interface Match {
  readonly id: number
  readonly distance: number
  readonly tried: number
  readonly wrongDistance: number
}

async function matchPosition(init: MatchInit, prefix: readonly number[]): Promise<Match> {
  const position = prefix.length
  const candidates = init.candidates(position)
  const target = rowAt(init.observed, position)
  let best = { id: 0, distance: Infinity }
  let wrongDistance = Infinity
  let tried = 0
  while (tried < candidates.length && best.distance > 0) {
    const some = candidates.slice(tried, tried + SESSIONS.length)
    // The first batch also takes the caches from the last position's candidates back to the one that was right.
    const before = tried === 0 ? prefix.slice(-1) : []
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
