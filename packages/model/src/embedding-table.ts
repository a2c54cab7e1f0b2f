/** Embedding rows, read when they are needed; memory holds only recently used rows. */
export interface EmbeddingTable extends AsyncDisposable {
  readonly hiddenSize: number
  readonly vocabularySize: number
  /**
   * Rows of `ids`, f32 `[ids.length, hiddenSize]`.
   *
   * @throws TokenIdOutOfRangeError if an id is not below `vocabularySize`.
   */
  rows(ids: readonly number[]): Promise<Float32Array>
}
