import { TokenizerUnsupportedError } from '../errors.ts'
import type { TokenizerStep } from './tokenizer-definition.ts'

/** How the vocabulary writes text: as letters that stand for bytes, or as text with a mark for spaces. */
export interface PieceDecoder {
  readonly alphabet: 'byte-level' | 'marked-spaces'
  /** Whether `<0xAB>` is one byte. */
  readonly hasByteTokens: boolean
  /** Spaces that are dropped at the start of a text. */
  readonly leadingSpaces: number
}

/** The mark that stands for a space: U+2581. */
export const SPACE_MARK = '\u2581'

const KNOWN = ['ByteLevel', 'Metaspace', 'Sequence of Replace, ByteFallback, Fuse, Strip']

/**
 * Reads the decoder step of a tokenizer.
 *
 * @throws TokenizerUnsupportedError if it does anything that can't be done token by token.
 */
export function readPieceDecoder(decoder: TokenizerStep): PieceDecoder {
  const steps =
    decoder.type === 'Sequence' && Array.isArray(decoder['decoders'])
      ? (decoder['decoders'] as readonly TokenizerStep[])
      : [decoder]
  let read: PieceDecoder = { alphabet: 'marked-spaces', hasByteTokens: false, leadingSpaces: 0 }
  for (const step of steps) read = withStep(read, step)
  return read
}

function withStep(read: PieceDecoder, step: TokenizerStep): PieceDecoder {
  switch (step.type) {
    case 'ByteLevel':
      return { ...read, alphabet: 'byte-level' }
    case 'ByteFallback':
      return { ...read, hasByteTokens: true }
    case 'Fuse':
      return read
    case 'Metaspace':
      return withMetaspace(read, step)
    case 'Replace':
      return withReplace(read, step)
    case 'Strip':
      return withStrip(read, step)
    default:
      throw new TokenizerUnsupportedError('decoder', String(step.type), KNOWN)
  }
}

function withMetaspace(read: PieceDecoder, step: TokenizerStep): PieceDecoder {
  const mark = step['replacement'] ?? SPACE_MARK
  if (mark !== SPACE_MARK)
    throw new TokenizerUnsupportedError('mark for spaces', JSON.stringify(mark), [SPACE_MARK])
  const isPrefixed =
    step['prepend_scheme'] === undefined
      ? step['add_prefix_space'] !== false
      : step['prepend_scheme'] !== 'never'
  return { ...read, leadingSpaces: isPrefixed ? 1 : 0 }
}

function withReplace(read: PieceDecoder, step: TokenizerStep): PieceDecoder {
  const pattern = JSON.stringify(step['pattern'])
  if (pattern !== JSON.stringify({ String: SPACE_MARK }) || step['content'] !== ' ') {
    throw new TokenizerUnsupportedError(
      'replacement in the decoder',
      `${pattern} by ${JSON.stringify(step['content'])}`,
      [`"${SPACE_MARK}" by " "`],
    )
  }
  return read
}

function withStrip(read: PieceDecoder, step: TokenizerStep): PieceDecoder {
  const { content, start, stop } = step
  if (content !== ' ' || typeof start !== 'number' || (stop ?? 0) !== 0) {
    throw new TokenizerUnsupportedError('strip in the decoder', JSON.stringify(step), ['spaces at the start'])
  }
  return { ...read, leadingSpaces: start }
}

const encoder = new TextEncoder()

/** The bytes of a vocabulary entry. */
export function pieceBytes(piece: string, decoder: PieceDecoder): Uint8Array {
  if (decoder.alphabet === 'byte-level') return byteLevelBytes(piece) ?? encoder.encode(piece)
  const byte = decoder.hasByteTokens ? /^<0x([0-9A-Fa-f]{2})>$/.exec(piece) : null
  if (byte !== null) return Uint8Array.of(Number.parseInt(byte[1] ?? '0', 16))
  return encoder.encode(piece.replaceAll(SPACE_MARK, ' '))
}

/** Undefined if a letter is none of the alphabet's. */
function byteLevelBytes(piece: string): Uint8Array | undefined {
  const bytes = new Uint8Array(piece.length)
  for (let i = 0; i < piece.length; i++) {
    const byte = BYTE_OF_LETTER.get(piece.charCodeAt(i))
    if (byte === undefined) return undefined
    bytes[i] = byte
  }
  return bytes
}

/** GPT-2's alphabet: visible Latin-1 characters stand for their own byte, all other bytes for U+0100 and up, in order. */
const BYTE_OF_LETTER: ReadonlyMap<number, number> = byteLevelAlphabet()

function byteLevelAlphabet(): ReadonlyMap<number, number> {
  const isVisible = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad)
  const letters = new Map<number, number>()
  let next = 0x100
  for (let byte = 0; byte < 256; byte++) letters.set(isVisible(byte) ? byte : next++, byte)
  return letters
}
