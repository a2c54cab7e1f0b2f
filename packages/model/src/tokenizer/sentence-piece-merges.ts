import { TokenizerInvalidError } from '../errors.ts'
import { TOKENIZER_MERGES_MAX } from '../limits.ts'
import { GGUF_WHERE } from './gguf-vocabulary.ts'

/** A piece of a SentencePiece vocabulary that merging can produce. */
export interface ScoredPiece {
  readonly piece: string
  readonly score: number
}

interface ScoredMerge {
  readonly parts: readonly [string, string]
  readonly score: number
}

/**
 * Merge rules that do what SentencePiece's BPE does with scores: of all adjacent pieces whose concatenation is a piece, it
 * joins those with the highest score first. So every way to cut a piece into two pieces is a rule, ranked by the piece's score.
 *
 * @throws TokenizerInvalidError if there are more rules than the limit allows.
 */
export function sentencePieceMerges(pieces: readonly ScoredPiece[]): readonly (readonly [string, string])[] {
  const known = new Set(pieces.map(({ piece }) => piece))
  const merges: ScoredMerge[] = []
  for (const { piece, score } of pieces) {
    for (let at = 1; at < piece.length; at++) {
      const parts = [piece.slice(0, at), piece.slice(at)] as const
      if (known.has(parts[0]) && known.has(parts[1])) merges.push({ parts, score })
    }
    if (merges.length > TOKENIZER_MERGES_MAX) {
      throw new TokenizerInvalidError(
        GGUF_WHERE,
        `its pieces give more than ${TOKENIZER_MERGES_MAX} merges, the limit`,
      )
    }
  }
  merges.sort(
    (a, b) =>
      b.score - a.score || b.parts[0].length - a.parts[0].length || b.parts[1].length - a.parts[1].length,
  )
  return merges.map(({ parts }) => parts)
}
