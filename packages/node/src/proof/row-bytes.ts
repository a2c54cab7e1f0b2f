/** What is hashed of row `row` of a run of rows, counted from 0. */
export type RowBytes = (row: number) => Uint8Array

const NOTHING = new Uint8Array(0)

/** Rows of hidden states, f32 little-endian `[rows, hiddenSize]`, as they travel; nothing is copied. */
export function hiddenRows(hidden: Float32Array, hiddenSize: number): RowBytes {
  const rowBytes = hiddenSize * Float32Array.BYTES_PER_ELEMENT
  return (row) => new Uint8Array(hidden.buffer, hidden.byteOffset + row * rowBytes, rowBytes)
}

/** The token chosen after each row, as 4 bytes little-endian; nothing where none was. */
export function tokenRows(tokenAfter: (row: number) => number | undefined): RowBytes {
  return (row) => {
    const id = tokenAfter(row)
    if (id === undefined) return NOTHING
    const bytes = new Uint8Array(Uint32Array.BYTES_PER_ELEMENT)
    new DataView(bytes.buffer).setUint32(0, id, true)
    return bytes
  }
}
