import type { ModelConfig } from '@shardline/model'
import { ropeFrequencies } from '@shardline/model'

/** Cosines and sines of the rotary embedding, each f32 `[positions, headSize / 2]`. */
export interface RotaryTables {
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/** Tables for positions 0 to `positions - 1`. Angles are rounded to f32 before cosine and sine, as f32 references do. */
export function buildRotaryTables(config: ModelConfig, positions: number): RotaryTables {
  const frequencies = Float32Array.from(ropeFrequencies(config.rope, config.headSize))
  const half = frequencies.length
  const cos = new Float32Array(positions * half)
  const sin = new Float32Array(positions * half)
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * (frequencies[i] ?? 0))
      cos[position * half + i] = Math.cos(angle)
      sin[position * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin }
}
