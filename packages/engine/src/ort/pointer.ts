/** A native address. */
export type Pointer = bigint

/** A `Pointer*` argument that the callee fills. */
export type PointerOut = [Pointer | null]

/** Result of most calls: null is success, else an OrtStatus to read and release. */
export type StatusPointer = Pointer | null
