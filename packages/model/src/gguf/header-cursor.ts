import { GgufCutError, GgufInvalidError } from '../errors.ts'

/** Reads little-endian values one after the other out of the first bytes of a file. */
export class HeaderCursor {
  readonly label: string
  readonly #bytes: Buffer
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array, label: string) {
    this.label = label
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Offset of the next value. */
  get offset(): number {
    return this.#at
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  /**
   * Makes sure that `bytes` more are there before anything of that size is built.
   *
   * @throws GgufCutError if they are not.
   */
  need(bytes: number): void {
    if (bytes > this.remaining) throw new GgufCutError(this.label, this.#bytes.length)
  }

  /** Leaves bytes out. @throws GgufCutError if there are fewer. */
  skip(bytes: number): void {
    this.#take(bytes)
  }

  /** A cursor over a copy of the bytes from `start` to here: the rest can be freed. */
  copySince(start: number): HeaderCursor {
    return new HeaderCursor(Uint8Array.prototype.slice.call(this.#bytes, start, this.#at), this.label)
  }

  /** A cursor at the beginning of the same bytes. */
  again(): HeaderCursor {
    return new HeaderCursor(this.#bytes, this.label)
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** A signed 64-bit integer, as a number where that is exact. */
  i64(): number | bigint {
    return narrow(this.#view.getBigInt64(this.#take(8), true))
  }

  /** An unsigned 64-bit integer, as a number where that is exact. */
  u64(): number | bigint {
    return narrow(this.#view.getBigUint64(this.#take(8), true))
  }

  /**
   * A count, length or offset of 64 bits.
   *
   * @throws GgufInvalidError if it is more than `max`.
   */
  count(what: string, max: number): number {
    const value = this.u64()
    if (value > max) throw new GgufInvalidError(this.label, `${what} is ${value}; ${max} is allowed`)
    return Number(value)
  }

  /** A string with its 64-bit length before it, of `bytesMax` bytes at the most. */
  string(what: string, bytesMax: number): string {
    const length = this.count(`the length of ${what}`, bytesMax)
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  /** As {@link string}, without building it. */
  skipString(what: string, bytesMax: number): void {
    this.#take(this.count(`the length of ${what}`, bytesMax))
  }

  #take(bytes: number): number {
    this.need(bytes)
    const at = this.#at
    this.#at += bytes
    return at
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
