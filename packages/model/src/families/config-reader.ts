import { ConfigInvalidError } from '../errors.ts'

/** What a whole number may be. */
export interface IntegerRange {
  readonly min: number
  readonly max: number
}

/** Reads values of a model's description by key and checks each; the same for config.json and the metadata of a GGUF file. */
export class ConfigReader {
  /** Where the values come from, for messages. */
  readonly source: string
  readonly #get: (key: string) => unknown

  /** @param get The value of a key; undefined or null if there is none. */
  constructor(source: string, get: (key: string) => unknown) {
    this.source = source
    this.#get = get
  }

  /** Whether there is a value. */
  has(key: string): boolean {
    return this.raw(key) !== undefined
  }

  /** The value as it is; undefined for null as well. */
  raw(key: string): unknown {
    return this.#get(key) ?? undefined
  }

  /** A whole number. @throws ConfigInvalidError if it is missing, no whole number or out of range. */
  integer(key: string, range: IntegerRange): number {
    const value = this.raw(key)
    if (value === undefined) throw new ConfigInvalidError(this.source, `${key} is missing`)
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < range.min || value > range.max)
      throw new ConfigInvalidError(
        this.source,
        `${key} is ${show(value)}; allowed are whole numbers from ${range.min} to ${range.max}`,
      )
    return value
  }

  /** A whole number, or `fallback` where there is none. */
  integerOr(key: string, range: IntegerRange, fallback: number): number {
    return this.has(key) ? this.integer(key, range) : fallback
  }

  /** A positive finite number. @throws ConfigInvalidError. */
  positive(key: string): number {
    const value = this.raw(key)
    if (value === undefined) throw new ConfigInvalidError(this.source, `${key} is missing`)
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
      throw new ConfigInvalidError(
        this.source,
        `${key} is ${show(value)}; allowed are finite numbers above 0`,
      )
    return value
  }

  /** A positive finite number, or `fallback` where there is none. */
  positiveOr(key: string, fallback: number): number {
    return this.has(key) ? this.positive(key) : fallback
  }

  /** A boolean, or `fallback` where there is none. @throws ConfigInvalidError. */
  booleanOr(key: string, fallback: boolean): boolean {
    const value = this.raw(key)
    if (value === undefined) return fallback
    if (typeof value !== 'boolean')
      throw new ConfigInvalidError(this.source, `${key} is ${show(value)}; allowed are true and false`)
    return value
  }

  /** A text, or undefined where there is none. @throws ConfigInvalidError. */
  text(key: string): string | undefined {
    const value = this.raw(key)
    if (value !== undefined && typeof value !== 'string')
      throw new ConfigInvalidError(this.source, `${key} is ${show(value)}; allowed is a text`)
    return value
  }

  /** Token ids: one number, a list of numbers, or nothing. @throws ConfigInvalidError. */
  tokenIds(key: string): readonly number[] {
    const value = this.raw(key)
    if (value === undefined) return []
    const ids: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const id of ids) {
      if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0)
        throw new ConfigInvalidError(this.source, `${key} is ${show(value)}; allowed are token ids`)
    }
    return ids as readonly number[]
  }

  /** The reader of an object inside this one; one without values if there is none. @throws ConfigInvalidError. */
  object(key: string): ConfigReader {
    const value = this.raw(key)
    if (value !== undefined && (typeof value !== 'object' || Array.isArray(value)))
      throw new ConfigInvalidError(this.source, `${key} is ${show(value)}; allowed is an object`)
    const values = value as Readonly<Record<string, unknown>> | undefined
    return new ConfigReader(`${this.source} ${key}`, (inner) =>
      values !== undefined && Object.hasOwn(values, inner) ? values[inner] : undefined,
    )
  }
}

function show(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value))
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
