import { sha3_256 } from '@noble/hashes/sha3.js'
import { concat, utf8 } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import type { JsonValue } from './canonical-json.ts'

/** Kinds of things that are signed. Each has its own first line, so that a signature of one is never one of another. */
export type SigningDomain = 'message' | 'request' | 'statement' | 'challenge' | 'token-window'

/** The bytes that a signature covers: `shardline:DOMAIN:1\n` and the SHA3-256 (FIPS 202) of the canonical JSON of `value`. */
export function signingBytes(domain: SigningDomain, value: JsonValue): Uint8Array {
  return concat(utf8(`shardline:${domain}:1\n`), sha3_256(canonicalJson(value)))
}
