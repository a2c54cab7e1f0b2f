import type { AutomatonBuilder } from './automaton-builder.ts'
import type { Rule } from './automaton.ts'
import { GrammarKeywordUnsupportedError } from './grammar-errors.ts'
import { GRAMMAR_COUNT_MAX } from './grammar-limits.ts'
import { NumberWriter } from './number-writer.ts'
import type { Json, SchemaNode } from './schema-document.ts'
import type { Shape } from './shape.ts'
import { allowsType, isListingProperties, typeOfValue } from './shape.ts'
import { StringWriter } from './string-writer.ts'

const ANY_STRING = { minLength: 0, maxLength: undefined, patterns: [], formats: [] }

/** Options of a {@link ValueWriter}. */
export interface ValueWriterInit {
  readonly tokenBytesMost: number
  /** The rule for values that match all of these schemas. */
  readonly ruleOf: (sources: readonly SchemaNode[]) => Rule
}

/** Writes the JSON values of a shape. */
export class ValueWriter {
  readonly #builder: AutomatonBuilder
  readonly #init: ValueWriterInit
  readonly #strings: StringWriter
  readonly #numbers: NumberWriter

  constructor(builder: AutomatonBuilder, init: ValueWriterInit) {
    this.#builder = builder
    this.#init = init
    this.#strings = new StringWriter(builder, init)
    this.#numbers = new NumberWriter(builder)
  }

  /** All values of a shape. @throws GrammarKeywordUnsupportedError, GrammarPatternUnsupportedError, GrammarTooComplexError. */
  write(from: number, to: number, shape: Shape): void {
    const builder = this.#builder
    if (shape.values !== undefined) {
      const texts = shape.values
        .filter((value) => this.#allows(shape, value))
        .map((value) => JSON.stringify(value))
      builder.addTexts(from, to, texts)
      return
    }
    const { types } = shape
    if (types.has('null')) builder.addEpsilon(builder.addText(from, 'null'), to)
    if (types.has('boolean')) builder.addTexts(from, to, ['true', 'false'])
    if (types.has('number')) this.#numbers.writeNumber(from, to, shape.number)
    else if (types.has('integer')) this.#numbers.writeInteger(from, to, shape.number)
    if (types.has('string')) this.#strings.write(from, to, shape.string)
    if (types.has('array')) this.#writeArray(from, to, shape)
    if (types.has('object')) this.#writeObject(from, to, shape)
  }

  /** Whether a listed value is allowed by the rest of the shape. */
  #allows(shape: Shape, value: Json): boolean {
    if (!allowsType(shape.types, typeOfValue(value))) return false
    if (typeof value === 'number') {
      const { least, most, isLeastExcluded, isMostExcluded } = shape.number
      return (
        (isLeastExcluded ? value > least : value >= least) && (isMostExcluded ? value < most : value <= most)
      )
    }
    if (typeof value === 'string') {
      const { minLength, maxLength = Infinity } = shape.string
      const length = Array.from(value).length
      if (length < minLength || length > maxLength) return false
      return this.#strings.automatonOf(shape.string)?.matches(value) ?? true
    }
    if (typeof value === 'object' && value !== null) this.#checkNoRules(shape)
    return true
  }

  /** Listed objects and lists are taken as they are; rules about what is in them are not looked into. */
  #checkNoRules(shape: Shape): void {
    const hasRules =
      shape.required.length > 0 ||
      shape.minItems > 0 ||
      shape.maxItems !== undefined ||
      shape.objects.some(({ properties, additional }) => properties.size > 0 || additional !== undefined) ||
      shape.arrays.some(({ prefix, rest }) => prefix.length > 0 || rest !== undefined)
    if (!hasRules) return
    throw new GrammarKeywordUnsupportedError(
      'enum',
      shape.nodes[0]?.pointer() ?? '',
      'listed objects and lists together with keywords about their content; list only those that are allowed',
    )
  }

  /** Properties in the order of the schemas, optional ones may be left out; then others, if a schema asks for them. */
  #writeObject(from: number, to: number, shape: Shape): void {
    const builder = this.#builder
    const names = namesOf(shape)
    const required = new Set(shape.required)
    /** States before the next property: nothing is written yet, or something is and a comma has to follow. */
    let first = builder.addText(from, '{')
    let later = builder.addState()
    for (const name of names) {
      const next = { first: builder.addState(), later: builder.addState() }
      const value = this.#init.ruleOf(propertySchemas(shape, name))
      const text = JSON.stringify(name)
      this.#writeProperty(first, next.later, { text, value })
      this.#writeProperty(this.#writeComma(later), next.later, { text, value })
      if (!required.has(name)) {
        builder.addEpsilon(first, next.first)
        builder.addEpsilon(later, next.later)
      }
      first = next.first
      later = next.later
    }
    this.#writeOthers(shape, { first, later, names })
    const end = builder.addState()
    builder.addEpsilon(first, end)
    builder.addEpsilon(later, end)
    builder.addEpsilon(builder.addText(end, '}'), to)
  }

  #writeOthers(
    shape: Shape,
    { first, later, names }: { first: number; later: number; names: ReadonlySet<string> },
  ): void {
    const said = shape.objects.flatMap(({ additional }) => additional ?? [])
    if (said.length === 0 && isListingProperties(shape)) return
    if (said.some(({ value }) => value === false)) return
    const value = this.#init.ruleOf(said)
    const builder = this.#builder
    const key = builder.addState()
    builder.addEpsilon(first, key)
    builder.addEpsilon(this.#writeComma(later), key)
    const colon = builder.addState()
    if (names.size === 0) this.#strings.write(key, colon, ANY_STRING)
    else this.#strings.writeOther(key, colon, names)
    this.#writeValue(colon, later, value)
  }

  #writeProperty(
    from: number,
    to: number,
    { text, value }: { readonly text: string; readonly value: Rule },
  ): void {
    this.#writeValue(this.#builder.addText(from, text), to, value)
  }

  #writeValue(from: number, to: number, value: Rule): void {
    const builder = this.#builder
    builder.addCall(builder.addOptionalSpace(builder.addText(from, ':')), to, value)
  }

  #writeComma(from: number): number {
    return this.#builder.addOptionalSpace(this.#builder.addText(from, ','))
  }

  /** Items in order; one state for each count that matters. */
  #writeArray(from: number, to: number, shape: Shape): void {
    const builder = this.#builder
    const { minItems } = shape
    const prefix = shape.arrays.reduce((most, part) => Math.max(most, part.prefix.length), 0)
    const isOpen = prefix === 0 || shape.arrays.some(({ rest }) => rest !== undefined)
    const most = Math.min(shape.maxItems ?? Infinity, isOpen ? Infinity : prefix)
    const maxItems = most === Infinity ? undefined : Math.min(most, GRAMMAR_COUNT_MAX)
    if (maxItems !== undefined && maxItems < minItems) return
    const counted = maxItems ?? Math.max(minItems, prefix, 1)
    const end = builder.addState()
    let before = builder.addText(from, '[')
    for (let count = 0; count <= counted; count++) {
      if (count >= minItems) builder.addEpsilon(before, end)
      const isLoop = count === counted && maxItems === undefined
      if (count === counted && !isLoop) break
      const after = isLoop ? before : builder.addState()
      const item = count === 0 ? before : this.#writeComma(before)
      builder.addCall(item, after, this.#init.ruleOf(itemSchemas(shape, count)))
      before = after
    }
    builder.addEpsilon(builder.addText(end, ']'), to)
  }
}

/** Properties that are written, in order: those that are listed, then those that are only required. */
function namesOf(shape: Shape): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { properties } of shape.objects) for (const name of properties.keys()) names.add(name)
  for (const name of shape.required) names.add(name)
  return names
}

/** What the value of a property has to match. */
function propertySchemas(shape: Shape, name: string): readonly SchemaNode[] {
  return shape.objects.flatMap(({ properties, additional }) => properties.get(name) ?? additional ?? [])
}

/** What the item at a place has to match. */
function itemSchemas(shape: Shape, index: number): readonly SchemaNode[] {
  return shape.arrays.flatMap(({ prefix, rest }) => prefix[index] ?? rest ?? [])
}
