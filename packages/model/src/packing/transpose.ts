import type { RowShape } from '../quantize/block-slab.ts'

/** Rows and columns that are turned at a time, so that both sides stay in the processor's first cache. */
const TILE = 32

/**
 * Writes rows `[rows, inputs]` as columns of `out`, which is `[inputs, outColumns]`, from `column` on.
 */
export function transposeInto(
  values: Float32Array,
  shape: RowShape,
  target: { readonly out: Float32Array; readonly outColumns: number; readonly column: number },
): void {
  const { rows, inputs } = shape
  const { out, outColumns, column } = target
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows)
    for (let left = 0; left < inputs; left += TILE) {
      const right = Math.min(left + TILE, inputs)
      for (let input = left; input < right; input++) {
        const to = input * outColumns + column
        for (let row = top; row < bottom; row++) out[to + row] = values[row * inputs + input] as number
      }
    }
  }
}
