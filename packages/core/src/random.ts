/** Randomness as a collaborator, so that a run can be replayed from its seed. */
export interface Random {
  /** A uniformly distributed float in [0, 1) with 53 bits. */
  float(): number
  /** A uniformly distributed integer in [0, below). `below` is at most 2^32. */
  integer(below: number): number
  /** `length` uniformly distributed bytes. */
  bytes(length: number): Uint8Array
}

/** Bytes that Web Crypto fills in one call at the most. */
const BYTES_PER_CALL_MAX = 65_536

/** Randomness from the operating system, in Node and in browsers. Not replayable. */
export const systemRandom: Random = Object.freeze({
  float: systemFloat,
  integer: (below: number) => Math.floor(systemFloat() * below),
  bytes: systemBytes,
})

function systemFloat(): number {
  const bits = new DataView(systemBytes(8).buffer).getBigUint64(0)
  return Number(bits >> 11n) / 2 ** 53
}

function systemBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let offset = 0; offset < length; offset += BYTES_PER_CALL_MAX) {
    crypto.getRandomValues(bytes.subarray(offset, offset + BYTES_PER_CALL_MAX))
  }
  return bytes
}

const MASK_64 = (1n << 64n) - 1n

/** SplitMix64 (Steele, Lea, Flood 2014): spreads one seed over the state words of another generator. */
function splitMix64(seed: bigint): () => bigint {
  let state = seed & MASK_64
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK_64
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64
    return z ^ (z >> 31n)
  }
}

/**
 * A seeded generator: xoshiro128** (Blackman, Vigna 2018) over 32-bit words, seeded by SplitMix64.
 * The same seed gives the same sequence on every machine.
 */
export class SeededRandom implements Random {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: bigint | number) {
    const next = splitMix64(BigInt(seed))
    const first = next()
    const second = next()
    this.#a = Number(first & 0xffffffffn)
    this.#b = Number(first >> 32n)
    this.#c = Number(second & 0xffffffffn)
    this.#d = Number(second >> 32n)
  }

  /** The next 32 random bits as an unsigned integer. */
  word(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotateLeft(this.#d, 11)
    return scrambled
  }

  float(): number {
    const high = this.word() >>> 5
    const low = this.word() >>> 6
    return (high * 0x4000000 + low) / 2 ** 53
  }

  integer(below: number): number {
    return Math.floor(this.float() * below)
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = this.word() >>> 24
    return bytes
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
