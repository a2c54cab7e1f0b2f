import type { AutomatonBuilder } from './automaton-builder.ts'
import { GRAMMAR_NUMBER_DIGITS_MAX } from './grammar-limits.ts'
import type { NumberBounds } from './shape.ts'

const DIGITS_MAX = GRAMMAR_NUMBER_DIGITS_MAX
const INTEGER_MAX = 10n ** BigInt(DIGITS_MAX) - 1n
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER)

/** A number as its decimal digits, without sign: `12.5` is 12 and `5`. */
interface Decimal {
  readonly whole: bigint
  /** Digits behind the point, without zeros at their end. */
  readonly fraction: string
}

/** Magnitudes to write: from `least` to `most`. */
interface Magnitudes {
  readonly least: Decimal
  readonly isLeastExcluded: boolean
  readonly most: Decimal
  readonly isMostExcluded: boolean
}

/** Bounds of the digits behind the point; undefined: none. */
interface FractionBounds {
  readonly least: { readonly digits: string; readonly isExcluded: boolean } | undefined
  readonly most: { readonly digits: string; readonly isExcluded: boolean } | undefined
  readonly digitsMax: number
}

/** A state among the digits behind a point, and whether the digits so far equal those of the lower and the upper bound. */
interface FractionState {
  readonly state: number
  readonly isLow: boolean
  readonly isHigh: boolean
}

const ZERO: Decimal = { whole: 0n, fraction: '' }

/** Writes numbers as JSON has them, within bounds that are compared digit by digit. */
export class NumberWriter {
  readonly #builder: AutomatonBuilder

  constructor(builder: AutomatonBuilder) {
    this.#builder = builder
  }

  /** Whole numbers within bounds. Without bounds they have at most as many digits as are exact. */
  writeInteger(from: number, to: number, bounds: NumberBounds): void {
    const isBounded = bounds.least !== -Infinity || bounds.most !== Infinity
    const limit = isBounded ? SAFE_MAX : INTEGER_MAX
    const least = max(wholeBound(bounds.least, bounds.isLeastExcluded, 1n) ?? -limit, -limit)
    const most = min(wholeBound(bounds.most, bounds.isMostExcluded, -1n) ?? limit, limit)
    this.#writeWhole(from, to, { least: max(least, 0n), most })
    const negative = this.#builder.addText(from, '-')
    this.#writeWhole(negative, to, { least: max(-most, 1n), most: -least })
  }

  /** Numbers within bounds; without bounds they may have an exponent of up to two digits. */
  writeNumber(from: number, to: number, bounds: NumberBounds): void {
    const builder = this.#builder
    if (bounds.least === -Infinity && bounds.most === Infinity) {
      const unsigned = builder.addText(from, '-')
      builder.addEpsilon(from, unsigned)
      const whole = builder.addState()
      this.#writeWhole(unsigned, whole, { least: 0n, most: INTEGER_MAX })
      const mantissa = builder.addState()
      this.#writeFraction(whole, mantissa, { least: undefined, most: undefined, digitsMax: DIGITS_MAX })
      builder.addEpsilon(mantissa, to)
      this.#writeExponent(mantissa, to)
      return
    }
    const { least, isLeastExcluded, most, isMostExcluded } = bounds
    const limit = Number.MAX_SAFE_INTEGER
    if (most >= 0) {
      this.#writeMagnitudes(from, to, {
        least: least > 0 ? decimalOf(least) : ZERO,
        isLeastExcluded: least >= 0 && isLeastExcluded,
        most: decimalOf(Math.min(most, limit)),
        isMostExcluded: most <= limit && isMostExcluded,
      })
    }
    if (least < 0) {
      this.#writeMagnitudes(builder.addText(from, '-'), to, {
        least: most < 0 ? decimalOf(-most) : ZERO,
        isLeastExcluded: most <= 0 && isMostExcluded,
        most: decimalOf(Math.min(-least, limit)),
        isMostExcluded: -least <= limit && isLeastExcluded,
      })
    }
  }

  /** The whole parts between the bounds with any fraction, and those of the bounds with the fractions that they leave. */
  #writeMagnitudes(from: number, to: number, magnitudes: Magnitudes): void {
    const { least, most } = magnitudes
    if (least.whole > most.whole || most.whole < 0n) return
    const lower = { digits: least.fraction, isExcluded: magnitudes.isLeastExcluded }
    const upper = { digits: most.fraction, isExcluded: magnitudes.isMostExcluded }
    // So many digits in all are told apart by a double; more could be rounded onto a bound that is excluded.
    const digitsMax = Math.max(0, DIGITS_MAX - most.whole.toString().length)
    if (least.whole === most.whole) {
      const whole = this.#builder.addText(from, least.whole.toString())
      this.#writeFraction(whole, to, { least: lower, most: upper, digitsMax })
      return
    }
    const first = this.#builder.addText(from, least.whole.toString())
    this.#writeFraction(first, to, { least: lower, most: undefined, digitsMax })
    const last = this.#builder.addText(from, most.whole.toString())
    this.#writeFraction(last, to, { least: undefined, most: upper, digitsMax })
    const between = this.#builder.addState()
    this.#writeWhole(from, between, { least: least.whole + 1n, most: most.whole - 1n })
    this.#writeFraction(between, to, { least: undefined, most: undefined, digitsMax })
  }

  /** Whole numbers from `least` to `most`, both 0 or more, without zeros in front. */
  #writeWhole(from: number, to: number, range: { readonly least: bigint; readonly most: bigint }): void {
    const { least, most } = range
    if (least > most) return
    const lengthMost = most.toString().length
    for (let length = least.toString().length; length <= lengthMost; length++) {
      const low = length === 1 ? 0n : 10n ** BigInt(length - 1)
      const first = max(least, low).toString()
      const last = (most < 10n ** BigInt(length) ? most : 10n ** BigInt(length) - 1n).toString()
      this.#writeDigits(from, to, { first, last })
    }
  }

  /** Digit strings of one length from `first` to `last`. */
  #writeDigits(from: number, to: number, range: { readonly first: string; readonly last: string }): void {
    const { first, last } = range
    const builder = this.#builder
    let both: number | undefined = from
    let lower: number | undefined
    let upper: number | undefined
    let free: number | undefined
    for (let at = 0; at < first.length; at++) {
      const low = digitAt(first, at)
      const high = digitAt(last, at)
      const next = { lower: builder.addState(), upper: builder.addState(), free: builder.addState() }
      let nextBoth: number | undefined
      if (both !== undefined && low === high) {
        nextBoth = builder.addState()
        this.#addDigits(both, nextBoth, [low, low])
      } else if (both !== undefined) {
        this.#addDigits(both, next.lower, [low, low])
        this.#addDigits(both, next.upper, [high, high])
        this.#addDigits(both, next.free, [low + 1, high - 1])
      }
      if (lower !== undefined) {
        this.#addDigits(lower, next.lower, [low, low])
        this.#addDigits(lower, next.free, [low + 1, 9])
      }
      if (upper !== undefined) {
        this.#addDigits(upper, next.upper, [high, high])
        this.#addDigits(upper, next.free, [0, high - 1])
      }
      if (free !== undefined) this.#addDigits(free, next.free, [0, 9])
      both = nextBoth
      lower = next.lower
      upper = next.upper
      free = next.free
    }
    for (const end of [both, lower, upper, free]) if (end !== undefined) builder.addEpsilon(end, to)
  }

  /**
   * A point and digits, or nothing, within bounds. It follows whether the digits so far equal those of each bound; digits
   * that a bound lacks are zeros.
   */
  #writeFraction(from: number, to: number, bounds: FractionBounds): void {
    const { least, most, digitsMax } = bounds
    if (isLeastMet(least, '') && isMostMet(most, '')) this.#builder.addEpsilon(from, to)
    const point = this.#builder.addText(from, '.')
    this.#writeFractionDigits(point, to, { least, most, digitsMax })
  }

  #writeFractionDigits(from: number, to: number, bounds: FractionBounds): void {
    const { least, most, digitsMax } = bounds
    let level: readonly FractionState[] = [
      { state: from, isLow: least !== undefined, isHigh: most !== undefined },
    ]
    for (let at = 0; at < digitsMax; at++) {
      level = this.#nextFractionStates(level, { bounds, at })
      for (const { state, isLow, isHigh } of level) {
        const isLeastOk = !isLow || isLeastMet(least, (least?.digits ?? '').slice(0, at + 1))
        const isMostOk = !isHigh || isMostMet(most, (most?.digits ?? '').slice(0, at + 1))
        if (isLeastOk && isMostOk) this.#builder.addEpsilon(state, to)
      }
    }
  }

  #nextFractionStates(
    level: readonly FractionState[],
    { bounds, at }: { readonly bounds: FractionBounds; readonly at: number },
  ): readonly FractionState[] {
    const lowest = digitAt(bounds.least?.digits ?? '', at)
    const highest = digitAt(bounds.most?.digits ?? '', at)
    const next = new Map<string, FractionState>()
    for (const from of level) {
      const last = from.isHigh ? highest : 9
      for (let digit = from.isLow ? lowest : 0; digit <= last; digit++) {
        const isLow = from.isLow && digit === lowest
        const isHigh = from.isHigh && digit === highest
        const key = `${isLow} ${isHigh}`
        const reached = next.get(key) ?? { state: this.#builder.addState(), isLow, isHigh }
        next.set(key, reached)
        this.#addDigits(from.state, reached.state, [digit, digit])
      }
    }
    return [...next.values()]
  }

  #writeExponent(from: number, to: number): void {
    const builder = this.#builder
    const sign = builder.addState()
    builder.addTexts(from, sign, ['e', 'E'])
    const digits = builder.addState()
    builder.addTexts(sign, digits, ['+', '-', ''])
    const second = builder.addState()
    this.#addDigits(digits, second, [0, 9])
    builder.addEpsilon(second, to)
    this.#addDigits(second, to, [0, 9])
  }

  #addDigits(from: number, to: number, [first, last]: readonly [number, number]): void {
    if (first <= last) this.#builder.addRange(from, to, { low: 0x30 + first, high: 0x30 + last })
  }
}

/** Whether digits that equal the bound's so far may end: what is left of the bound must be nothing. */
function isLeastMet(bound: FractionBounds['least'], soFar: string): boolean {
  return bound === undefined || (bound.digits === soFar && !bound.isExcluded)
}

function isMostMet(bound: FractionBounds['most'], soFar: string): boolean {
  return bound === undefined || bound.digits !== soFar || !bound.isExcluded
}

function digitAt(digits: string, at: number): number {
  return Number(digits.charAt(at) || '0')
}

function min(one: bigint, other: bigint): bigint {
  return one < other ? one : other
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}

/** The nearest whole number inside a bound; undefined where there is no bound. */
function wholeBound(bound: number, isExcluded: boolean, inwards: 1n | -1n): bigint | undefined {
  if (!Number.isFinite(bound)) return undefined
  const inside = BigInt(inwards === 1n ? Math.ceil(bound) : Math.floor(bound))
  return isExcluded && Number.isInteger(bound) ? inside + inwards : inside
}

/** The decimal digits of a number from 0 on, as it is printed. */
function decimalOf(value: number): Decimal {
  const [mantissa = '0', exponentText = '0'] = value.toString().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const exponent = Number(exponentText)
  const digits = whole + fraction
  const point = whole.length + exponent
  if (point <= 0) return { whole: 0n, fraction: trimZeros('0'.repeat(-point) + digits) }
  const padded = digits.padEnd(point, '0')
  return { whole: BigInt(padded.slice(0, point)), fraction: trimZeros(padded.slice(point)) }
}

function trimZeros(digits: string): string {
  return digits.replace(/0+$/, '')
}
