import { GatewayFieldError, GatewayFieldUnknownError, GatewayUnsupportedError } from '../gateway-errors.ts'

/** Bounds of a number. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/**
 * Reads the fields of an object of a request by name and type; null counts as not given, as in OpenAI's API. Remembers
 * which were read, so that the others can be refused by name.
 */
export class RequestFields {
  readonly #value: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #read = new Set<string>()

  private constructor(value: Readonly<Record<string, unknown>>, path: string) {
    this.#value = value
    this.#path = path
  }

  /**
   * Fields of a value.
   *
   * @throws GatewayFieldError if it is no object.
   */
  static of(value: unknown, path = ''): RequestFields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new GatewayFieldError(path === '' ? 'body' : path, 'an object')
    }
    return new RequestFields(value as Readonly<Record<string, unknown>>, path)
  }

  /** Path of a field, such as `messages[0].content`. */
  path(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  /** Value of a field as it came; undefined if it isn't given. */
  value(name: string): unknown {
    this.#read.add(name)
    return Object.hasOwn(this.#value, name) ? (this.#value[name] ?? undefined) : undefined
  }

  /** @throws GatewayFieldError if it is no text. */
  text(name: string): string | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === 'string') return value
    throw new GatewayFieldError(this.path(name), 'a string')
  }

  /** @throws GatewayFieldError if it is missing or no text. */
  requiredText(name: string): string {
    const text = this.text(name)
    if (text === undefined) throw new GatewayFieldError(this.path(name), 'given, as a string')
    return text
  }

  /** @throws GatewayFieldError if it is no boolean. */
  flag(name: string): boolean | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === 'boolean') return value
    throw new GatewayFieldError(this.path(name), 'true or false')
  }

  /** @throws GatewayFieldError if it is no number within bounds. */
  number(name: string, { min, max }: Bounds): number | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (typeof value === 'number' && value >= min && value <= max) return value
    throw new GatewayFieldError(this.path(name), `a number from ${min} to ${max}`)
  }

  /** @throws GatewayFieldError if it is no whole number within bounds. */
  integer(name: string, { min, max }: Bounds): number | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value)
    throw new GatewayFieldError(this.path(name), `a whole number from ${min} to ${max}`)
  }

  /** @throws GatewayFieldError if it is not one of the values. */
  choice<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    const found = values.find((known) => known === value)
    if (found === undefined) throw new GatewayFieldError(this.path(name), `one of ${values.join(', ')}`)
    return found
  }

  /** @throws GatewayFieldError if it is no list, or one of too many entries. */
  list(name: string, entriesMax: number): readonly unknown[] | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.length <= entriesMax) return value
    throw new GatewayFieldError(this.path(name), `a list of at most ${entriesMax} entries`)
  }

  /** @throws GatewayFieldError if it is no object. */
  fields(name: string): RequestFields | undefined {
    const value = this.value(name)
    return value === undefined ? undefined : RequestFields.of(value, this.path(name))
  }

  /** Fields that are taken and have no effect. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name)
  }

  /**
   * A field that would change the answer in a way that isn't possible here; it may have the one value that asks for nothing.
   *
   * @throws GatewayUnsupportedError if it asks for something.
   */
  refuse(name: string, isNeutral: (value: unknown) => boolean, why: string): void {
    const value = this.value(name)
    if (value !== undefined && !isNeutral(value)) throw new GatewayUnsupportedError(this.path(name), why)
  }

  /**
   * Call it when all known fields were read.
   *
   * @throws GatewayFieldUnknownError if there's another one.
   */
  end(): void {
    const unknown = Object.keys(this.#value).find((name) => !this.#read.has(name))
    if (unknown !== undefined) throw new GatewayFieldUnknownError(this.path(unknown.slice(0, 80)))
  }
}
