/** How much one run may take. */
export interface RunBudget {
  readonly rowsMax: number
  readonly sessionsMax: number
}

/** A candidate with the number of its rows that the run takes. */
export interface Selected<Candidate> {
  readonly candidate: Candidate
  readonly rows: number
}

/**
 * Chooses the rows of one run: first all single rows, because a person waits for each of them, then longer pieces in
 * order, the last one cut where the budget ends. One place is kept for a longer piece where the budget has two or more,
 * so that a crowd of single rows can't starve it.
 */
export function selectRows<Candidate extends { readonly rows: number }>(
  candidates: readonly Candidate[],
  budget: RunBudget,
): readonly Selected<Candidate>[] {
  const places = Math.min(budget.sessionsMax, budget.rowsMax)
  const [oldest] = candidates
  if (places === 1) {
    return oldest === undefined ? [] : [{ candidate: oldest, rows: Math.min(oldest.rows, budget.rowsMax) }]
  }
  const long = candidates.filter((candidate) => candidate.rows > 1)
  const singles = candidates.filter((candidate) => candidate.rows === 1)
  const selected: Selected<Candidate>[] = singles
    .slice(0, long.length > 0 ? places - 1 : places)
    .map((candidate) => ({ candidate, rows: 1 }))
  let left = budget.rowsMax - selected.length
  for (const candidate of long.slice(0, places - selected.length)) {
    const rows = Math.min(candidate.rows, left)
    if (rows === 0) break
    selected.push({ candidate, rows })
    left -= rows
  }
  return selected
}
