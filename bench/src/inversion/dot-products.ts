/** Vectors of equal size behind each other. */
export interface Rows {
  readonly size: number
  /** f32 `[rows, size]`. */
  readonly values: Float32Array
}

/** Rows that are multiplied at once, so that a row is read once for several results. */
const LANES = 4

/** How many rows there are. */
export function rowCount({ size, values }: Rows): number {
  return values.length / size
}

/** A row, not copied. */
export function rowAt({ size, values }: Rows, index: number): Float32Array {
  return values.subarray(index * size, (index + 1) * size)
}

/** A copy with rows of length 1; rows of zeros stay. */
export function normalizeRows(rows: Rows): Rows {
  const values = new Float32Array(rows.values.length)
  for (let index = 0; index < rowCount(rows); index++) {
    const row = rowAt(rows, index)
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
    const scale = length === 0 ? 0 : 1 / length
    values.set(
      row.map((value) => value * scale),
      index * rows.size,
    )
  }
  return { size: rows.size, values }
}

/**
 * Every query times every row of the table; `out` is f64 `[queries, rows of the table]`. The product of the same two rows is always
 * the same number, whatever else is computed with it.
 */
export function dotProducts(table: Rows, queries: readonly Float32Array[], out: Float64Array): void {
  const count = rowCount(table)
  for (let first = 0; first < queries.length; first += LANES) {
    const lanes = queries.slice(first, first + LANES)
    for (let row = 0; row < count; row++) {
      const sums = multiplyRow(rowAt(table, row), lanes)
      for (const lane of lanes.keys()) out[(first + lane) * count + row] = sums[lane] ?? 0
    }
  }
}

/** Lanes that have no query repeat the first. */
function multiplyRow(
  row: Float32Array,
  [a = row, b = a, c = a, d = a]: readonly Float32Array[],
): readonly number[] {
  let sumA = 0
  let sumB = 0
  let sumC = 0
  let sumD = 0
  for (let i = 0; i < row.length; i++) {
    const value = row[i] ?? 0
    sumA += value * (a[i] ?? 0)
    sumB += value * (b[i] ?? 0)
    sumC += value * (c[i] ?? 0)
    sumD += value * (d[i] ?? 0)
  }
  return [sumA, sumB, sumC, sumD]
}
