import type { AutomatonBuilder } from './automaton-builder.ts'
import type { Rule } from './automaton.ts'
import type { CharClass } from './char-class.ts'
import { charClass, complementClass, intersectClasses, rangesOf } from './char-class.ts'

/** ASCII characters that stand for themselves in a JSON string. */
const PLAIN = charClass([
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7f],
])
const NOT_PLAIN = complementClass(PLAIN)
/** Characters that JSON strings write as a backslash and a letter. */
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x22, '"'],
  [0x5c, '\\'],
])
const CONTROL_LAST = 0x1f

/** Last code points of UTF-8 sequences of one to four bytes. */
const UTF8_LASTS = [0x7f, 0x7_ff, 0xff_ff, 0x10_ff_ff] as const

/** Writes characters as they stand inside JSON strings. Each class becomes a rule once. */
export class CharWriter {
  readonly #builder: AutomatonBuilder
  readonly #rules = new Map<string, Rule>()
  #free: Rule | undefined

  constructor(builder: AutomatonBuilder) {
    this.#builder = builder
  }

  /** One character of a class, written in its one shortest way. */
  writeClass(from: number, to: number, chars: CharClass): void {
    this.#writePlain(from, to, intersectClasses(chars, PLAIN))
    const rest = intersectClasses(chars, NOT_PLAIN)
    if (rest.length > 0) this.#builder.addCall(from, to, this.#ruleOf(rest))
  }

  /** Any character, written in any way that JSON has; never half a surrogate pair. */
  writeFree(from: number, to: number): void {
    this.#writePlain(from, to, PLAIN)
    this.#builder.addCall(from, to, (this.#free ??= this.#freeRule()))
  }

  #writePlain(from: number, to: number, chars: CharClass): void {
    for (const [low, high] of rangesOf(chars)) this.#builder.addRange(from, to, { low, high })
  }

  #ruleOf(chars: CharClass): Rule {
    const key = chars.join(',')
    const known = this.#rules.get(key)
    if (known !== undefined) return known
    const rule = this.#builder.addRule()
    this.#rules.set(key, rule)
    const escapes: string[] = []
    for (const [codePoint, letter] of SHORT_ESCAPES)
      if (intersectClasses(chars, [codePoint, codePoint]).length > 0) escapes.push(`\\${letter}`)
    for (const [first, last] of rangesOf(intersectClasses(chars, [0, CONTROL_LAST]))) {
      for (let code = first; code <= last; code++)
        if (!SHORT_ESCAPES.has(code)) escapes.push(`\\u${code.toString(16).padStart(4, '0')}`)
    }
    this.#builder.addTexts(rule.entry, rule.exit, escapes)
    this.#writeUtf8(rule, intersectClasses(chars, [0x80, 0x10_ff_ff]))
    return rule
  }

  #freeRule(): Rule {
    const builder = this.#builder
    const rule = builder.addRule()
    this.#writeUtf8(rule, charClass([[0x80, 0x10_ff_ff]]))
    const backslash = builder.addText(rule.entry, '\\')
    builder.addTexts(backslash, rule.exit, ['"', '\\', '/', 'b', 'f', 'n', 'r', 't'])
    const unit = builder.addText(backslash, 'u')
    this.#writeHex(this.#writeDigits(unit, '0123456789abcefABCEF'), rule.exit, 3)
    const surrogate = this.#writeDigits(unit, 'dD')
    this.#writeHex(this.#writeDigits(surrogate, '01234567'), rule.exit, 2)
    const low = builder.addState()
    this.#writeHex(this.#writeDigits(surrogate, '89abAB'), low, 2)
    const lowHalf = this.#writeDigits(this.#writeDigits(builder.addText(low, '\\u'), 'dD'), 'cdefCDEF')
    this.#writeHex(lowHalf, rule.exit, 2)
    return rule
  }

  #writeDigits(from: number, digits: string): number {
    const to = this.#builder.addState()
    this.#builder.addTexts(from, to, digits)
    return to
  }

  #writeHex(from: number, to: number, count: number): void {
    let state = from
    for (let i = 0; i < count; i++) state = this.#writeDigits(state, '0123456789abcdefABCDEF')
    this.#builder.addEpsilon(state, to)
  }

  /** Characters above ASCII as UTF-8 (RFC 3629). */
  #writeUtf8(rule: Rule, chars: CharClass): void {
    for (const [first, last] of rangesOf(chars)) {
      let from = first
      for (const [index, most] of UTF8_LASTS.entries()) {
        if (from > Math.min(most, last)) continue
        this.#writeSequences(rule, { first: from, last: Math.min(most, last), bytes: index + 1 })
        from = Math.min(most, last) + 1
      }
    }
  }

  /** Splits a range of code points of one length until each byte's range is independent of the others. */
  #writeSequences(rule: Rule, range: Utf8Range): void {
    const { first, last, bytes } = range
    for (let tail = 1; tail < bytes; tail++) {
      const low = (1 << (6 * tail)) - 1
      if (first >> (6 * tail) === last >> (6 * tail)) break
      if ((first & low) !== 0) {
        this.#writeSequences(rule, { first, last: first | low, bytes })
        this.#writeSequences(rule, { first: (first | low) + 1, last, bytes })
        return
      }
      if ((last & low) !== low) {
        this.#writeSequences(rule, { first, last: (last & ~low) - 1, bytes })
        this.#writeSequences(rule, { first: last & ~low, last, bytes })
        return
      }
    }
    const lows = [...new TextEncoder().encode(String.fromCodePoint(first))]
    const highs = [...new TextEncoder().encode(String.fromCodePoint(last))]
    let state = rule.entry
    for (const [index, low] of lows.entries()) {
      const to = index === lows.length - 1 ? rule.exit : this.#builder.addState()
      this.#builder.addRange(state, to, { low, high: highs[index] ?? low })
      state = to
    }
  }
}

interface Utf8Range {
  readonly first: number
  readonly last: number
  /** Length of the sequences. */
  readonly bytes: number
}
