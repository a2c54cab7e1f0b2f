/** What a worker or a validator says that its machine can do. Drivers ask it again before they plan. */
export interface NodeWork {
  /** Results are byte-equal within one class. */
  readonly numericClass: string
  /** Bytes that plans may use. */
  readonly memoryBytes: number
  /** Milliseconds for a billion multiply-adds of single tokens. */
  readonly decodeMs: number
}
