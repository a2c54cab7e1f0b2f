/** Some rows of a matrix in the blocks that ONNX Runtime's MatMulNBits takes; see PackedMatrix for what the bytes mean. */
export interface BlockSlab {
  /** `[rows, blocks, blockSize * bits / 8]`. */
  readonly data: Uint8Array
  /** `[rows, blocks]`. */
  readonly scales: Float32Array
  /** `[rows, blocks]`: what is added to each element of the block; undefined if nothing is. */
  readonly offsets: Float32Array | undefined
}

/** Sizes of the rows that are put into blocks. */
export interface RowShape {
  readonly rows: number
  /** Elements of a row. */
  readonly inputs: number
}

/** Sizes of blocks. */
export interface BlockShape {
  readonly bits: 4 | 8
  /** Elements of a block. */
  readonly blockSize: number
}

/** Blocks of a row; the last one may be filled up with zeros. */
export function blocksPerRow(inputs: number, blockSize: number): number {
  return Math.ceil(inputs / blockSize)
}

/** A slab of the right sizes, all zero bytes. */
export function allocateSlab(shape: RowShape, block: BlockShape): BlockSlab {
  const blocks = shape.rows * blocksPerRow(shape.inputs, block.blockSize)
  return {
    data: new Uint8Array((blocks * block.blockSize * block.bits) / 8),
    scales: new Float32Array(blocks),
    offsets: undefined,
  }
}
