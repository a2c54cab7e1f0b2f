import type { Rows } from './dot-products.ts'
import { dotProducts, rowAt, rowCount } from './dot-products.ts'
import type { RankShares } from './inversion-results.ts'

/** Queries that are compared with the whole table at once. */
const QUERIES_AT_ONCE = 4

/**
 * For each query how many rows of the table lie nearer by cosine than the true one; 0 if the true one is the nearest.
 * Of rows that are equally near, those with lower ids count as nearer. The table's rows have length 1.
 */
export function rankRows(table: Rows, queries: Rows, ids: readonly number[]): readonly number[] {
  const count = rowCount(table)
  const scores = new Float64Array(QUERIES_AT_ONCE * count)
  const ranks: number[] = []
  for (let first = 0; first < ids.length; first += QUERIES_AT_ONCE) {
    const some = ids.slice(first, first + QUERIES_AT_ONCE)
    dotProducts(
      table,
      some.map((_, i) => rowAt(queries, first + i)),
      scores,
    )
    for (const [i, id] of some.entries()) ranks.push(rankOf(scores.subarray(i * count, (i + 1) * count), id))
  }
  return ranks
}

function rankOf(scores: Float64Array, id: number): number {
  const own = scores[id] ?? 0
  let rank = 0
  for (const [other, score] of scores.entries()) if (score > own || (score === own && other < id)) rank++
  return rank
}

/** All ids, the nearest row to the query first. */
export function orderRows(table: Rows, query: Float32Array): readonly number[] {
  const scores = new Float64Array(rowCount(table))
  dotProducts(table, [query], scores)
  return [...scores.keys()].toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
}

/** Shares of ranks; NaN where there are none. */
export function sharesOf(ranks: readonly number[]): RankShares {
  const share = (below: number): number => ranks.filter((rank) => rank < below).length / ranks.length
  return { top1: share(1), top10: share(10) }
}
