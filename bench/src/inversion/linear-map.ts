import { assert } from '@shardline/core'
import type { Rows } from './dot-products.ts'
import { rowAt, rowCount } from './dot-products.ts'

/** Weight of the penalty, in numbers of examples: small against the examples, large enough that a direction without spread does no harm. */
const PENALTY_PER_EXAMPLE = 1e-3

/** Maps rows to rows. */
export interface LinearMap {
  apply(rows: Rows): Rows
}

/**
 * Fits `targets ≈ W · standardized(rows) + mean(targets)` by ridge regression: normal equations, solved by Cholesky decomposition
 * (Hoerl and Kennard, 1970). Each row is first scaled to a root mean square of 1, as the model's own norms do, and each column then
 * to mean 0 and deviation 1, as a few columns are a hundred times larger than the others.
 */
export function fitLinearMap(rows: Rows, targets: Rows): LinearMap {
  const count = rowCount(rows)
  const scaled = scaleRows(rows)
  const columns = describeColumns(scaled)
  const inputs = standardize(scaled, columns)
  const { means } = describeColumns(targets)
  const weights = solve(
    gram(inputs, inputs, { penalty: PENALTY_PER_EXAMPLE * count }),
    gram(inputs, center(targets, means), { penalty: 0 }),
    { size: rows.size, width: targets.size },
  )
  return {
    apply: (given) => {
      const x = standardize(scaleRows(given), columns)
      const values = new Float32Array(rowCount(given) * targets.size)
      for (let index = 0; index < rowCount(given); index++)
        values.set(applyTo(rowAt(x, index), weights, means), index * targets.size)
      return { size: targets.size, values }
    },
  }
}

interface Columns {
  readonly means: Float64Array
  readonly deviations: Float64Array
}

function scaleRows(rows: Rows): Rows {
  const values = new Float32Array(rows.values.length)
  for (let index = 0; index < rowCount(rows); index++) {
    const row = rowAt(rows, index)
    const scale = Math.sqrt(rows.size / (row.reduce((sum, value) => sum + value * value, 0) + 1e-12))
    values.set(
      row.map((value) => value * scale),
      index * rows.size,
    )
  }
  return { size: rows.size, values }
}

function describeColumns(rows: Rows): Columns {
  const count = rowCount(rows)
  const sums = new Float64Array(rows.size)
  const squares = new Float64Array(rows.size)
  for (let index = 0; index < count; index++) {
    for (const [column, value] of rowAt(rows, index).entries()) {
      sums[column] = (sums[column] ?? 0) + value
      squares[column] = (squares[column] ?? 0) + value * value
    }
  }
  const means = sums.map((sum) => sum / count)
  const deviations = squares.map((square, i) =>
    Math.sqrt(Math.max(1e-12, square / count - (means[i] ?? 0) ** 2)),
  )
  return { means, deviations }
}

function standardize(rows: Rows, { means, deviations }: Columns): Rows {
  const values = rows.values.map((value, i) => {
    const column = i % rows.size
    return (value - (means[column] ?? 0)) / (deviations[column] ?? 1)
  })
  return { size: rows.size, values }
}

function center(rows: Rows, means: Float64Array): Rows {
  return {
    size: rows.size,
    values: rows.values.map((value, i) => value - (means[i % rows.size] ?? 0)),
  }
}

/** `aᵀ · b`, f64 `[a.size, b.size]`, with the penalty on its diagonal. */
function gram(a: Rows, b: Rows, { penalty }: { readonly penalty: number }): Float64Array {
  const out = new Float64Array(a.size * b.size)
  for (let index = 0; index < rowCount(a); index++) {
    const right = rowAt(b, index)
    for (const [i, left] of rowAt(a, index).entries()) {
      const base = i * b.size
      for (let j = 0; j < right.length; j++) out[base + j] = (out[base + j] ?? 0) + left * (right[j] ?? 0)
    }
  }
  if (penalty > 0)
    for (let i = 0; i < a.size; i++) out[i * (b.size + 1)] = (out[i * (b.size + 1)] ?? 0) + penalty
  return out
}

/** Solves `matrix · X = right` in place of `right`; `matrix` is symmetric and positive definite, and is overwritten. */
function solve(
  matrix: Float64Array,
  right: Float64Array,
  { size, width }: { readonly size: number; readonly width: number },
): Float64Array {
  decompose(matrix, size)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) addRow(right, { to: i, from: k, width }, -(matrix[i * size + k] ?? 0))
    scaleRow(right, { row: i, width }, 1 / (matrix[i * size + i] ?? 1))
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) addRow(right, { to: i, from: k, width }, -(matrix[k * size + i] ?? 0))
    scaleRow(right, { row: i, width }, 1 / (matrix[i * size + i] ?? 1))
  }
  return right
}

/** Overwrites the lower half with the Cholesky factor. */
function decompose(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] ?? 0
      for (let k = 0; k < j; k++) sum -= (matrix[i * size + k] ?? 0) * (matrix[j * size + k] ?? 0)
      if (i === j) assert(sum > 0, `the matrix is not positive definite in row ${i}`)
      matrix[i * size + j] = i === j ? Math.sqrt(sum) : sum / (matrix[j * size + j] ?? 1)
    }
  }
}

interface RowPair {
  readonly to: number
  readonly from: number
  readonly width: number
}

function addRow(values: Float64Array, { to, from, width }: RowPair, factor: number): void {
  const [toBase, fromBase] = [to * width, from * width]
  for (let j = 0; j < width; j++)
    values[toBase + j] = (values[toBase + j] ?? 0) + factor * (values[fromBase + j] ?? 0)
}

function scaleRow(
  values: Float64Array,
  place: { readonly row: number; readonly width: number },
  factor: number,
): void {
  const { row, width } = place
  for (let j = row * width; j < (row + 1) * width; j++) values[j] = (values[j] ?? 0) * factor
}

function applyTo(row: Float32Array, weights: Float64Array, means: Float64Array): Float64Array {
  const out = Float64Array.from(means)
  for (const [i, value] of row.entries()) {
    const base = i * out.length
    for (let j = 0; j < out.length; j++) out[j] = (out[j] ?? 0) + value * (weights[base + j] ?? 0)
  }
  return out
}
