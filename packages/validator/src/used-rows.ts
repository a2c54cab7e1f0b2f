import type { WorkBatch, WorkPart } from '@shardline/node'

/** A row that the head has to compute. */
export interface UsedRow {
  readonly part: WorkPart
  /** Index of the row in the batch. */
  readonly row: number
}

/** Rows that are sampled (the last of a part) or scored (all of a part), in order of the batch; the rest is left out. */
export function usedRows(parts: readonly WorkPart[]): readonly UsedRow[] {
  const used: UsedRow[] = []
  let first = 0
  for (const part of parts) {
    const end = first + part.rows
    const from = part.use === 'score' ? first : end - 1
    if (part.use !== 'none') for (let row = from; row < end; row++) used.push({ part, row })
    first = end
  }
  return used
}

/** The hidden states of `used` behind each other, f32 `[used, hiddenSize]`; not copied where they are all of the batch. */
export function gatherUsed(batch: WorkBatch, used: readonly UsedRow[], hiddenSize: number): Float32Array {
  if (used.length * hiddenSize === batch.hidden.length) return batch.hidden
  const gathered = new Float32Array(used.length * hiddenSize)
  for (const [index, { row }] of used.entries()) {
    gathered.set(batch.hidden.subarray(row * hiddenSize, (row + 1) * hiddenSize), index * hiddenSize)
  }
  return gathered
}
