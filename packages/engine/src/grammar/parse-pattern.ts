import type { Budget } from './budget.ts'
import { CharAutomaton } from './char-automaton.ts'
import type { CharClass } from './char-class.ts'
import { ANY_CHAR, charClass, complementClass, oneChar, uniteClasses } from './char-class.ts'
import { GrammarPatternUnsupportedError, GrammarSchemaTooLargeError } from './grammar-errors.ts'
import { GRAMMAR_COUNT_MAX, GRAMMAR_PATTERN_CHARS_MAX } from './grammar-limits.ts'

/** A part of a pattern; `anchor` is `^` or `$`. */
type Part =
  | { readonly kind: 'chars'; readonly chars: CharClass }
  | { readonly kind: 'anchor'; readonly sign: '^' | '$'; readonly at: number }
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'choice'; readonly options: readonly Part[] }
  | {
      readonly kind: 'repeat'
      readonly part: Part
      readonly least: number
      readonly most: number | undefined
    }

/**
 * The strings in which a regular expression (ECMA-262, with the `u` flag) finds a match.
 *
 * Known: characters, `.`, classes, `\d \w \s` and their opposites, escapes of characters, groups, alternatives, quantifiers,
 * `^` at the start and `$` at the end of the whole pattern or of one of its outermost alternatives.
 *
 * @throws GrammarPatternUnsupportedError for everything else, GrammarSchemaTooLargeError, GrammarTooComplexError.
 */
export function parsePattern(pattern: string, budget: Budget): CharAutomaton {
  if (pattern.length > GRAMMAR_PATTERN_CHARS_MAX) {
    throw new GrammarSchemaTooLargeError(
      `has a pattern of ${pattern.length} characters`,
      `at most ${GRAMMAR_PATTERN_CHARS_MAX} are allowed`,
    )
  }
  const automaton = new CharAutomaton(budget)
  const end = automaton.addState()
  automaton.accepting.add(end)
  const whole = new PatternReader(pattern).read()
  for (const option of whole.kind === 'choice' ? whole.options : [whole]) {
    const parts = option.kind === 'sequence' ? [...option.parts] : [option]
    const isFromStart = takeAnchor(parts, 0, '^')
    const isToEnd = takeAnchor(parts, parts.length - 1, '$')
    let from = automaton.addState()
    automaton.addEpsilon(0, from)
    if (!isFromStart) automaton.addEdge(from, from, ANY_CHAR)
    // The search may only go on where the match begins, so a loop of the match's own first state must not mix with it.
    const begun = automaton.addState()
    automaton.addEpsilon(from, begun)
    from = new PatternWriter(pattern, automaton).write({ kind: 'sequence', parts }, begun)
    if (!isToEnd) {
      const rest = automaton.addState()
      automaton.addEpsilon(from, rest)
      automaton.addEdge(rest, rest, ANY_CHAR)
      from = rest
    }
    automaton.addEpsilon(from, end)
  }
  return automaton
}

function takeAnchor(parts: Part[], at: number, sign: '^' | '$'): boolean {
  const part = parts[at]
  if (part?.kind !== 'anchor' || part.sign !== sign) return false
  parts.splice(at, 1)
  return true
}

/** Writes parts into an automaton. */
class PatternWriter {
  readonly #pattern: string
  readonly #automaton: CharAutomaton

  constructor(pattern: string, automaton: CharAutomaton) {
    this.#pattern = pattern
    this.#automaton = automaton
  }

  /** Writes `part` from a state on and returns the state after it. */
  write(part: Part, from: number): number {
    switch (part.kind) {
      case 'chars':
        return this.#writeChars(part.chars, from)
      case 'sequence':
        return part.parts.reduce((state, next) => this.write(next, state), from)
      case 'choice':
        return this.#writeChoice(part.options, from)
      case 'repeat':
        return this.#writeRepeat(part, from)
      case 'anchor':
        throw new GrammarPatternUnsupportedError(
          this.#pattern,
          part.at,
          `${part.sign} stands inside; it is known at the ${part.sign === '^' ? 'start' : 'end'} of the pattern only`,
        )
    }
  }

  #writeChars(chars: CharClass, from: number): number {
    const to = this.#automaton.addState()
    this.#automaton.addEdge(from, to, chars)
    return to
  }

  #writeChoice(options: readonly Part[], from: number): number {
    const to = this.#automaton.addState()
    for (const option of options) this.#automaton.addEpsilon(this.write(option, this.#branch(from)), to)
    return to
  }

  #writeRepeat(part: Extract<Part, { kind: 'repeat' }>, from: number): number {
    let state = this.#branch(from)
    for (let count = 0; count < part.least; count++) state = this.#branch(this.write(part.part, state))
    if (part.most === undefined) {
      const end = this.write(part.part, state)
      this.#automaton.addEpsilon(end, state)
      return this.#branch(state)
    }
    const end = this.#automaton.addState()
    for (let count = part.least; count < part.most; count++) {
      this.#automaton.addEpsilon(state, end)
      state = this.#branch(this.write(part.part, state))
    }
    this.#automaton.addEpsilon(state, end)
    return end
  }

  /** A state of its own behind `from`, so that what loops there doesn't loop in what leads to it. */
  #branch(from: number): number {
    const state = this.#automaton.addState()
    this.#automaton.addEpsilon(from, state)
    return state
  }
}

const DIGITS = charClass([[0x30, 0x39]])
const WORD = charClass([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
])
/** WhiteSpace and LineTerminator of ECMA-262. */
const SPACES = charClass([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x16_80, 0x16_80],
  [0x20_00, 0x20_0a],
  [0x20_28, 0x20_29],
  [0x20_2f, 0x20_2f],
  [0x20_5f, 0x20_5f],
  [0x30_00, 0x30_00],
  [0xfe_ff, 0xfe_ff],
])
const LINE_ENDS = charClass([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x20_28, 0x20_29],
])

const CLASS_ESCAPES: ReadonlyMap<string, CharClass> = new Map([
  ['d', DIGITS],
  ['D', complementClass(DIGITS)],
  ['w', WORD],
  ['W', complementClass(WORD)],
  ['s', SPACES],
  ['S', complementClass(SPACES)],
])
const CONTROL_ESCAPES: ReadonlyMap<string, number> = new Map([
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
  ['0', 0x00],
])

/** Groups inside each other: what people write has a few, and reading them takes the stack. */
const GROUPS_DEEP_MAX = 100

/** Reads a pattern by recursive descent. */
class PatternReader {
  readonly #pattern: string
  readonly #characters: readonly string[]
  #at = 0
  #depth = 0

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#characters = Array.from(pattern)
  }

  read(): Part {
    const part = this.#choice()
    if (this.#at < this.#characters.length) throw this.#problem('a ) without a (')
    return part
  }

  #choice(): Part {
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
  }

  #sequence(): Part {
    const parts: Part[] = []
    for (;;) {
      const next = this.#peek()
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts }
      parts.push(this.#term())
    }
  }

  #term(): Part {
    const at = this.#at
    const sign = this.#next()
    if (sign === '^' || sign === '$') return { kind: 'anchor', sign, at }
    return this.#quantified(this.#atom(sign))
  }

  #atom(sign: string): Part {
    if (sign === '(') return this.#group()
    if (sign === '[') return { kind: 'chars', chars: this.#class() }
    if (sign === '.') return { kind: 'chars', chars: complementClass(LINE_ENDS) }
    if (sign === '\\') return { kind: 'chars', chars: this.#escape({ isInClass: false }) }
    if ('*+?{}]'.includes(sign)) throw this.#problem(`${sign} stands for itself only as \\${sign}`, 1)
    return { kind: 'chars', chars: oneChar(sign.codePointAt(0) ?? 0) }
  }

  #group(): Part {
    if (this.#take('?')) {
      const isNamed = this.#peek() === '<' && !'=!'.includes(this.#characters[this.#at + 1] ?? '=')
      if (isNamed) while (this.#next() !== '>') continue
      else if (!this.#take(':')) throw this.#problem('look-around and flags are not known')
    }
    this.#depth++
    if (this.#depth > GROUPS_DEEP_MAX)
      throw this.#problem(`groups are nested deeper than ${GROUPS_DEEP_MAX} levels`)
    const part = this.#choice()
    if (!this.#take(')')) throw this.#problem('a ( without a )')
    this.#depth--
    return part
  }

  #quantified(part: Part): Part {
    const bounds = this.#quantifier()
    if (bounds === undefined) return part
    // A lazy quantifier finds another match, but in the same strings.
    this.#take('?')
    return { kind: 'repeat', part, ...bounds }
  }

  #quantifier(): { readonly least: number; readonly most: number | undefined } | undefined {
    if (this.#take('*')) return { least: 0, most: undefined }
    if (this.#take('+')) return { least: 1, most: undefined }
    if (this.#take('?')) return { least: 0, most: 1 }
    if (!this.#take('{')) return undefined
    const least = this.#count()
    const isRange = this.#take(',')
    const most = isRange ? (this.#peek() === '}' ? undefined : this.#count()) : least
    if (!this.#take('}')) throw this.#problem('a { that begins no quantifier')
    if (most !== undefined && most < least) throw this.#problem('the bounds of a quantifier are out of order')
    return { least, most }
  }

  #count(): number {
    let digits = ''
    while (/^\d$/.test(this.#peek() ?? '')) digits += this.#next()
    if (digits === '') throw this.#problem('a { that begins no quantifier')
    const count = Number(digits)
    if (count > GRAMMAR_COUNT_MAX)
      throw this.#problem(`a quantifier counts to ${digits}; at most ${GRAMMAR_COUNT_MAX} is known`)
    return count
  }

  #class(): CharClass {
    const isNegated = this.#take('^')
    let chars: CharClass = []
    while (!this.#take(']')) {
      const first = this.#classItem()
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']'
      if (isRange) {
        this.#next()
        chars = uniteClasses(chars, this.#range(first, this.#classItem()))
      } else chars = uniteClasses(chars, first)
    }
    return isNegated ? complementClass(chars) : chars
  }

  #classItem(): CharClass {
    const sign = this.#next()
    return sign === '\\' ? this.#escape({ isInClass: true }) : oneChar(sign.codePointAt(0) ?? 0)
  }

  #range(first: CharClass, last: CharClass): CharClass {
    const [from, fromLast] = first
    const [to, toLast] = last
    if (from === undefined || to === undefined || from !== fromLast || to !== toLast || to < from)
      throw this.#problem('a range in a class is out of order or not between characters')
    return charClass([[from, to]])
  }

  #escape({ isInClass }: { readonly isInClass: boolean }): CharClass {
    const sign = this.#next()
    const known = CLASS_ESCAPES.get(sign)
    if (known !== undefined) return known
    if (sign === '0' && /^\d$/.test(this.#peek() ?? '')) throw this.#problem('octal escapes are not known')
    const control = CONTROL_ESCAPES.get(sign) ?? (isInClass && sign === 'b' ? 0x08 : undefined)
    if (control !== undefined) return oneChar(control)
    if (sign === 'x') return oneChar(this.#hex(2))
    if (sign === 'u') return oneChar(this.#unicode())
    if (/^[\p{L}\p{N}]$/u.test(sign)) throw this.#problem(`\\${sign} is not known`, 2)
    return oneChar(sign.codePointAt(0) ?? 0)
  }

  #unicode(): number {
    if (!this.#take('{')) {
      const unit = this.#hex(4)
      if (unit < 0xd8_00 || unit > 0xdf_ff) return unit
      if (unit > 0xdb_ff || !this.#take('\\') || !this.#take('u'))
        throw this.#problem('half a surrogate pair')
      return ((unit - 0xd8_00) << 10) + (this.#hex(4) - 0xdc_00) + 0x1_00_00
    }
    let digits = ''
    while (!this.#take('}')) digits += this.#next()
    const codePoint = /^[\da-f]{1,6}$/i.test(digits) ? Number.parseInt(digits, 16) : Infinity
    if (codePoint > 0x10_ff_ff) throw this.#problem('\\u{...} is no character')
    return codePoint
  }

  #hex(count: number): number {
    let digits = ''
    for (let i = 0; i < count; i++) digits += this.#next()
    if (!/^[\da-f]+$/i.test(digits)) throw this.#problem(`an escape needs ${count} hexadecimal digits`)
    return Number.parseInt(digits, 16)
  }

  #peek(): string | undefined {
    return this.#characters[this.#at]
  }

  #take(sign: string): boolean {
    if (this.#peek() !== sign) return false
    this.#at++
    return true
  }

  #next(): string {
    const sign = this.#peek()
    if (sign === undefined) throw this.#problem('it ends too early')
    this.#at++
    return sign
  }

  #problem(problem: string, back = 0): GrammarPatternUnsupportedError {
    return new GrammarPatternUnsupportedError(this.#pattern, Math.max(0, this.#at - back), problem)
  }
}
