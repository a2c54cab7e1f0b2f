/** Final norm and LM head. */
export interface Head extends AsyncDisposable {
  readonly hiddenSize: number
  readonly vocabularySize: number
  readonly packedWeightBytes: number
  /**
   * Logits of `count` rows: f32 `[count, hiddenSize]` in, f32 `[count, vocabularySize]` out, in a buffer that is valid until the next call.
   * A row's logits don't depend on the other rows.
   *
   * @throws BatchInvalidError if the sizes don't match.
   */
  logits(rows: Float32Array, count: number): Promise<Float32Array>
}
