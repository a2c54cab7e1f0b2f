/** SHA-256 of some bytes, 32 bytes. Web pages have it natively too, but only as promises. */
export { sha256 } from '@noble/hashes/sha2.js'
