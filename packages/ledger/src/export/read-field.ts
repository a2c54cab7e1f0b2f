import { ExportMalformedError } from '../errors.ts'

/** What a line of an export holds, before it is read. */
export type JsonFields = Readonly<Record<string, unknown>>

/** @throws ExportMalformedError if the field is no text. */
export function readText(fields: JsonFields, name: string): string {
  const value = fields[name]
  if (typeof value === 'string') return value
  throw new ExportMalformedError(`${name} is no text`)
}

/** @throws ExportMalformedError if the field is no whole number from 0 on, written as a text. */
export function readBigint(fields: JsonFields, name: string): bigint {
  const text = readText(fields, name)
  if (/^(?:0|[1-9]\d{0,18})$/.test(text)) return BigInt(text)
  throw new ExportMalformedError(`${name} is no whole number in quotes`)
}

/** @throws ExportMalformedError if the field is no whole number from 0 to 2^53 - 1. */
export function readInteger(fields: JsonFields, name: string): number {
  const value = fields[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new ExportMalformedError(`${name} is no whole number`)
}

/** @throws ExportMalformedError if the field is not one of the names. */
export function readName<Name extends string>(
  fields: JsonFields,
  name: string,
  numbers: Readonly<Record<Name, number>>,
): Name {
  const text = readText(fields, name)
  if (Object.hasOwn(numbers, text)) return text as Name
  throw new ExportMalformedError(`${name} is none of ${Object.keys(numbers).join(', ')}`)
}
