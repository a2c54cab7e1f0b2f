import { TokenizerUnsupportedError } from '../errors.ts'
import type { TokenizerStep } from './tokenizer-definition.ts'

/** How GPT-2 cuts a text into words (the pattern of `ByteLevel` with `use_regex`). */
export const GPT2_PATTERN: string = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

/** A step that cuts at every match of `pattern`; what lies between matches are pieces too. */
export function splitStep(pattern: string): TokenizerStep {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }
}

/** The step that writes bytes as the letters of the byte-level alphabet, without cutting. */
export const BYTE_LEVEL_STEP: TokenizerStep = Object.freeze({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: false,
})

/**
 * A pre-tokenizer with the same meaning, written so that the tokenizer library does exactly what the format's reference
 * does: the library's own `ByteLevel` pattern and `Digits` take JavaScript's classes of white space and digits, which
 * differ from Unicode's (U+0085, U+FEFF, digits other than 0 to 9); its `Split` takes the classes as Unicode has them.
 *
 * @throws TokenizerUnsupportedError for a step, or a setting of one, that the library doesn't follow.
 */
export function exactPreTokenizer(step: TokenizerStep | null): TokenizerStep | null {
  if (step === null) return null
  switch (step.type) {
    case 'Sequence':
      return {
        type: 'Sequence',
        pretokenizers: stepsOf(step['pretokenizers']).map((inner) => exactPreTokenizer(inner)),
      }
    case 'Digits':
      return splitStep(step['individual_digits'] === true ? String.raw`\p{N}` : String.raw`\p{N}+`)
    case 'ByteLevel':
      return exactByteLevel(step)
    case 'Split':
      return exactSplit(step)
    case 'Metaspace':
      if (step['split'] !== false)
        throw new TokenizerUnsupportedError('setting of Metaspace', 'split: true', ['split: false'])
      return step
    default:
      throw new TokenizerUnsupportedError('pre-tokenizer', step.type, [
        'Sequence',
        'Split',
        'Digits',
        'ByteLevel',
        'Metaspace',
      ])
  }
}

function exactByteLevel(step: TokenizerStep): TokenizerStep {
  // The prefix space comes before the pattern, so the two can't be taken apart; nothing but older models has it.
  if (step['add_prefix_space'] === true || step['use_regex'] === false) return step
  return { type: 'Sequence', pretokenizers: [splitStep(GPT2_PATTERN), BYTE_LEVEL_STEP] }
}

function exactSplit(step: TokenizerStep): TokenizerStep {
  const behavior = String(step['behavior'])
  const isInverted = step['invert'] === true
  // What the pattern doesn't match are pieces either way: inverting changes nothing.
  if (behavior === 'Isolated') return { ...step, invert: false }
  if (behavior === 'Removed') return isInverted ? { ...step, invert: true } : step
  throw new TokenizerUnsupportedError('behavior of Split', behavior, ['Isolated', 'Removed'])
}

function stepsOf(value: unknown): readonly TokenizerStep[] {
  return Array.isArray(value)
    ? (value as readonly TokenizerStep[]).filter((step) => typeof step?.type === 'string')
    : []
}
