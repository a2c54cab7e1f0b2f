import type { Parser, ParserState } from './parser.ts'
import type { Vocabulary } from './vocabulary.ts'

/** One bit per token, low bits first: whether a document can go on with it. */
export type TokenMask = Uint32Array

/** The tokens with which a document can go on from `state`. One walk over the vocabulary's tree. @throws GrammarTooComplexError. */
export function findTokens(parser: Parser, state: ParserState, vocabulary: Vocabulary): TokenMask {
  const { bytes, depths, ends, tokens, alike } = vocabulary
  const mask = new Uint32Array(Math.ceil(vocabulary.size / 32))
  /** Parser states on the way down. */
  const way: ParserState[] = [state]
  for (let node = 0; node < bytes.length;) {
    const depth = depths[node] ?? 0
    const byte = bytes[node] ?? 0
    const from = way[depth] ?? state
    const known = from.next?.[byte]
    const next = known === undefined ? parser.step(from, byte) : known
    if (next === null) {
      node = ends[node] ?? bytes.length
      continue
    }
    way[depth + 1] = next
    for (let id = tokens[node] ?? -1; id >= 0; id = alike[id] ?? -1) {
      mask[id >>> 5] = (mask[id >>> 5] ?? 0) | (1 << (id & 31))
    }
    node++
  }
  return mask
}

/** Gives every token that `mask` lacks the logit -Infinity. */
export function applyMask(logits: Float64Array, mask: TokenMask): void {
  for (let word = 0; word * 32 < logits.length; word++) {
    const from = word * 32
    let banned = ~(mask[word] ?? 0)
    if (banned === -1) {
      logits.fill(-Infinity, from, from + 32)
      continue
    }
    // Writes behind the end of a typed array are ignored.
    for (; banned !== 0; banned &= banned - 1) logits[from + 31 - Math.clz32(banned & -banned)] = -Infinity
  }
}
