import { concat, uint32 } from '../bytes.ts'
import { AnswerMalformedError } from '../errors.ts'
import { SEAL_NONCE_BYTES } from './prompt-envelope.ts'

/** Place of a chunk in its answer. */
export interface ChunkPlace {
  /** Counts from 0. */
  readonly index: number
  readonly isLast: boolean
}

/** Bytes before the ciphertext of a chunk: its number in 4 bytes, then 1 if it is the last, else 0. */
export const CHUNK_PREFIX_BYTES = 5

/** Bytes that sealing adds to the text of a chunk: prefix and tag. */
export const CHUNK_OVERHEAD_BYTES: number = CHUNK_PREFIX_BYTES + 16

/** The prefix of a chunk. */
export function writeChunkPrefix({ index, isLast }: ChunkPlace): Uint8Array {
  return concat(uint32(index), Uint8Array.of(isLast ? 1 : 0))
}

/** @throws AnswerMalformedError if it is too short, or says neither that it is the last nor that it isn't. */
export function readChunkPrefix(chunk: Uint8Array): ChunkPlace {
  const mark = chunk[CHUNK_PREFIX_BYTES - 1]
  if (chunk.length < CHUNK_OVERHEAD_BYTES || (mark !== 0 && mark !== 1)) {
    throw new AnswerMalformedError('a chunk is too short, or has no mark of its place')
  }
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  return { index: view.getUint32(0), isLast: mark === 1 }
}

/**
 * The nonce of a chunk is its place (STREAM; Hoang, Reyhanitabar, Rogaway, Vizár 2015): so no two chunks of a key share
 * one, and a chunk opens only in its place and only as last if it is.
 */
export function chunkNonce(place: ChunkPlace): Uint8Array {
  return concat(new Uint8Array(SEAL_NONCE_BYTES - CHUNK_PREFIX_BYTES), writeChunkPrefix(place))
}
