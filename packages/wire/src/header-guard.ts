import { platform } from '#platform'
import { FrameMalformedError } from './errors.ts'
import { HEADER_CONTAINERS_MAX, HEADER_DEPTH_MAX, HEADER_MAP_ENTRIES_MAX } from './limits.ts'

const REFUSED = 0
const SCALAR = 1
const STRING = 2
const ARRAY = 3
const MAP = 4

/** What each first byte of a msgpack value begins. */
const FORM = new Uint8Array(256)
/** Bytes that follow it: of the value for a scalar, of the length for the others (0: the length is in the byte). */
const WIDTH = new Uint8Array(256)

function define(form: number, from: number, widths: readonly number[]): void {
  widths.forEach((width, i) => {
    FORM[from + i] = form
    WIDTH[from + i] = width
  })
}

// msgpack's specification, section "Formats"; binary, extensions and 0xc1 stay refused.
FORM.fill(SCALAR, 0x00, 0x80)
FORM.fill(MAP, 0x80, 0x90)
FORM.fill(ARRAY, 0x90, 0xa0)
FORM.fill(STRING, 0xa0, 0xc0)
FORM.fill(SCALAR, 0xe0, 0x100)
define(SCALAR, 0xc0, [0])
define(SCALAR, 0xc2, [0, 0])
define(SCALAR, 0xca, [4, 8, 1, 2, 4, 8, 1, 2, 4, 8])
define(STRING, 0xd9, [1, 2, 4])
define(ARRAY, 0xdc, [2, 4])
define(MAP, 0xde, [2, 4])

/** Length bits in the first byte of a short string, array or map. */
const SHORT_LENGTH: readonly number[] = [0, 0, 0x1f, 0x0f, 0x0f]

const PROTO = '__proto__'

/**
 * Walks a header before the msgpack reader builds anything from it: what passes is one value made of null, booleans,
 * numbers, well-formed strings, arrays and maps with string keys, within the limits on depth and number of containers,
 * with every length backed by bytes that are there.
 */
class HeaderGuard {
  readonly #bytes: Uint8Array
  #at = 0
  #containers = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  check(): void {
    if (FORM[this.#bytes[0] ?? 0] !== MAP) throw new FrameMalformedError('the header is no map')
    this.#value(0)
    if (this.#at !== this.#bytes.length) throw this.#error('bytes follow the header')
  }

  #value(depth: number): void {
    const token = this.#next()
    const form = FORM[token] ?? REFUSED
    const width = WIDTH[token] ?? 0
    if (form === SCALAR) {
      this.#skip(width)
      return
    }
    if (form === REFUSED) throw this.#error('the header has a binary or extension value')
    const length = width === 0 ? token & (SHORT_LENGTH[form] ?? 0) : this.#length(width)
    if (form === STRING) this.#string(length)
    else this.#container(form, length, depth + 1)
  }

  #container(form: number, length: number, depth: number): void {
    if (depth > HEADER_DEPTH_MAX) throw this.#error(`the header nests deeper than ${HEADER_DEPTH_MAX}`)
    this.#containers += 1
    if (this.#containers > HEADER_CONTAINERS_MAX) {
      throw this.#error(`the header has more than ${HEADER_CONTAINERS_MAX} maps and arrays`)
    }
    const valuesPerEntry = form === MAP ? 2 : 1
    if (length * valuesPerEntry > this.#bytes.length - this.#at) throw this.#error('the header is cut short')
    if (form === MAP && length > HEADER_MAP_ENTRIES_MAX) {
      throw this.#error(`a map of the header has more than ${HEADER_MAP_ENTRIES_MAX} entries`)
    }
    for (let i = 0; i < length; i++) {
      if (form === MAP) this.#key()
      this.#value(depth)
    }
  }

  #key(): void {
    const token = this.#next()
    if (FORM[token] !== STRING) throw this.#error('a key of the header is no string')
    const width = WIDTH[token] ?? 0
    const length = width === 0 ? token & 0x1f : this.#length(width)
    const start = this.#at
    this.#string(length)
    if (length !== PROTO.length) return
    if (String.fromCharCode(...this.#bytes.subarray(start, this.#at)) === PROTO) {
      throw this.#error(`a key of the header is ${PROTO}`)
    }
  }

  #string(length: number): void {
    const start = this.#at
    this.#skip(length)
    const end = this.#at
    const bytes = this.#bytes
    let bits = 0
    for (let i = start; i < end; i++) bits |= bytes[i] ?? 0
    if (bits >= 0x80 && !platform.isUtf8(bytes.subarray(start, end)))
      throw this.#error('a string of the header is not UTF-8')
  }

  #length(width: number): number {
    let length = 0
    for (let i = 0; i < width; i++) length = length * 256 + this.#next()
    return length
  }

  #next(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw this.#error('the header is cut short')
    this.#at += 1
    return byte
  }

  #skip(count: number): void {
    if (count > this.#bytes.length - this.#at) throw this.#error('the header is cut short')
    this.#at += count
  }

  #error(what: string): FrameMalformedError {
    return new FrameMalformedError(what, { headerOffset: this.#at })
  }
}

/**
 * Checks that `header` is plain msgpack which is safe to read.
 *
 * @throws FrameMalformedError if it isn't.
 */
export function guardHeader(header: Uint8Array): void {
  new HeaderGuard(header).check()
}
