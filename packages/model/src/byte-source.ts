/** Something with bytes at offsets: a file, a range of a remote file. Reads never block the event loop. */
export interface ByteSource extends AsyncDisposable {
  /** What it is, for messages: a path or an address without credentials. */
  readonly label: string
  readonly sizeBytes: number
  /**
   * The `length` bytes from `offset` on.
   *
   * @throws SourceRangeError if the range is not inside the source; SourceReadError if the bytes can't be had.
   */
  read(offset: number, length: number, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>
}
