import { readJson } from '@shardline/core'
import { GatewayBodyMalformedError } from '../gateway-errors.ts'

/**
 * Reads the body of a request.
 *
 * @throws GatewayBodyMalformedError if it isn't a JSON object in UTF-8, or is nested too deep.
 */
export function readBody(bytes: Uint8Array, depthMax: number): Readonly<Record<string, unknown>> {
  const read = readJson(bytes, depthMax)
  if ('wrong' in read) throw new GatewayBodyMalformedError(read.wrong)
  const { value } = read
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new GatewayBodyMalformedError('it is not an object')
}
