import type { ErrorDetails } from '@shardline/core'
import { partyId } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import { MarketAnswerError } from './market-errors.ts'

type Fact = ErrorDetails[string]

const WHOLE = /^(?:0|[1-9]\d{0,30})$/

/** The fields of an object that a market answered. Each is checked when it is read. */
export class AnswerFields {
  readonly #fields: Readonly<Record<string, unknown>>
  /** Where the market is, and where in its answer this object is, for messages. */
  readonly #address: string
  readonly #place: string

  /** @throws MarketAnswerError if `value` is no object. */
  constructor(value: unknown, { address, place }: { readonly address: string; readonly place: string }) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MarketAnswerError(address, `${place} is no object`)
    }
    this.#fields = { ...value }
    this.#address = address
    this.#place = place
  }

  /** Whether the field is there. */
  has(name: string): boolean {
    return this.#fields[name] !== undefined
  }

  /** All fields, whatever they are. */
  get all(): Readonly<Record<string, unknown>> {
    return this.#fields
  }

  /** What the field is, whatever it is. */
  raw(name: string): unknown {
    return this.#fields[name]
  }

  text(name: string): string {
    const value = this.#fields[name]
    if (typeof value === 'string') return value
    throw this.#wrong(name, 'a text')
  }

  number(name: string): number {
    const value = this.#fields[name]
    if (typeof value === 'number') return value
    throw this.#wrong(name, 'a number')
  }

  flag(name: string): boolean {
    const value = this.#fields[name]
    if (typeof value === 'boolean') return value
    throw this.#wrong(name, 'true or false')
  }

  /** A whole number that travels as text. */
  whole(name: string): bigint {
    const value = this.text(name)
    if (WHOLE.test(value)) return BigInt(value)
    throw this.#wrong(name, 'a whole number as text')
  }

  /** One of some words. */
  word<W extends string>(name: string, words: readonly W[]): W {
    const value = this.text(name)
    const known = words.find((word) => word === value)
    if (known !== undefined) return known
    throw this.#wrong(name, `one of ${words.join(', ')}`)
  }

  party(name: string): PartyId {
    const value = this.text(name)
    try {
      return partyId(value)
    } catch {
      throw this.#wrong(name, 'the id of a party')
    }
  }

  fields(name: string): AnswerFields {
    const place = `${this.#place}.${name}`
    return new AnswerFields(this.#fields[name], { address: this.#address, place })
  }

  /** Facts of a failure: whatever else is in the object is left out. None counts as an empty one. */
  details(name: string): ErrorDetails {
    if (!this.has(name)) return {}
    const facts = Object.entries(this.fields(name).#fields).filter((fact): fact is [string, Fact] =>
      isFact(fact[1]),
    )
    return Object.fromEntries(facts)
  }

  /** A list of objects. */
  list<T>(name: string, read: (item: AnswerFields) => T): readonly T[] {
    const value = this.#fields[name]
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list')
    return value.map((item: unknown, place) =>
      read(new AnswerFields(item, { address: this.#address, place: `${this.#place}.${name}[${place}]` })),
    )
  }

  /** A list of ids of parties. */
  parties(name: string): readonly PartyId[] {
    const value = this.#fields[name]
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list')
    return value.map((id: unknown) =>
      new AnswerFields({ [name]: id }, { address: this.#address, place: this.#place }).party(name),
    )
  }

  /** What `read` reads, if the field is there. */
  maybe<T>(name: string, read: (fields: AnswerFields) => T): T | undefined {
    return this.has(name) ? read(this) : undefined
  }

  #wrong(name: string, allowed: string): MarketAnswerError {
    return new MarketAnswerError(this.#address, `${this.#place}.${name} is not ${allowed}`)
  }
}

function isFact(value: unknown): value is Fact {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string')
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
