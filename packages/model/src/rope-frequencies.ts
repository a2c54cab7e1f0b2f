import type { RopeConfig } from './model-config.ts'

/**
 * Rotary angles per position: angle i, in radians, that one position adds to the pair (i, i + headSize / 2); `headSize / 2` numbers.
 *
 * Unscaled it is `theta^(-2i / headSize)` (Su et al. 2021, RoFormer). Linear scaling divides each by `factor`.
 * Llama 3's scaling divides the long wavelengths by `factor`, leaves the short ones, and blends in between by where the
 * wavelength lies between `originalContextLength / lowFrequencyFactor` and `originalContextLength / highFrequencyFactor`
 * (Llama 3.1's reference code). `factors` divides each by its own number.
 */
export function ropeFrequencies(rope: RopeConfig, headSize: number): Float64Array {
  const frequencies = new Float64Array(headSize / 2)
  for (let i = 0; i < frequencies.length; i++) {
    frequencies[i] = rope.theta ** ((-2 * i) / headSize) / divisor(rope, i, headSize)
  }
  return frequencies
}

function divisor(rope: RopeConfig, i: number, headSize: number): number {
  const { scaling } = rope
  switch (scaling.kind) {
    case 'none':
      return 1
    case 'linear':
      return scaling.factor
    case 'factors':
      return scaling.factors[i] ?? 1
    case 'llama3': {
      const wavelength = 2 * Math.PI * rope.theta ** ((2 * i) / headSize)
      const turns = scaling.originalContextLength / wavelength
      if (turns < scaling.lowFrequencyFactor) return scaling.factor
      if (turns > scaling.highFrequencyFactor) return 1
      const kept =
        (turns - scaling.lowFrequencyFactor) / (scaling.highFrequencyFactor - scaling.lowFrequencyFactor)
      return 1 / (kept + (1 - kept) / scaling.factor)
    }
  }
}
