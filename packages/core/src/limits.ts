/** Stages (driver and validator not counted) of one pipeline at the most. Bounds plans, messages and traces. */
export const STAGES_MAX = 64

/** Layers of a model at the most. The largest published dense models have 126. */
export const LAYERS_MAX = 512

/** Hashes of one inclusion or consistency proof at the most. A tree of 2^63 leaves needs 63 and 64. */
export const PROOF_HASHES_MAX = 64
