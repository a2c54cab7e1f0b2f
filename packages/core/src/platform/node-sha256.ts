import { hash } from 'node:crypto'

/** SHA-256 of some bytes, 32 bytes. A plain array as in browsers: slices of a Buffer would share its memory. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}
