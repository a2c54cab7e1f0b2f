import { readJson } from '@shardline/core'
import { BodyMalformedError } from '../errors.ts'

/** Names that would reach an object's prototype if a body were ever merged into another object. */
const FORBIDDEN_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype']

/**
 * Reads the body of a request.
 *
 * @throws BodyMalformedError if it isn't UTF-8, isn't JSON, is nested too deep, or has a name that reaches a prototype.
 */
export function readBody(bytes: Uint8Array, depthMax: number): unknown {
  const read = readJson(bytes, depthMax)
  if ('wrong' in read) throw new BodyMalformedError(read.wrong)
  refuseForbiddenNames(read.value)
  return read.value
}

function refuseForbiddenNames(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, field] of Object.entries(value)) {
    if (FORBIDDEN_NAMES.includes(name)) throw new BodyMalformedError(`it has a field named ${name}`)
    refuseForbiddenNames(field)
  }
}
