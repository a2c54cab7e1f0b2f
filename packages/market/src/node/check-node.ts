import { MarketInputError } from '../errors.ts'
import { ROLES } from './listing.ts'
import { NODE_DECODE_MS_MAX, NODE_MEMORY_BYTES_MAX, PRICE_FLOOR_MAX } from '../limits.ts'
import { NUMERIC_CLASS_PATTERN } from './class-patterns.ts'
import type { NodeInit, NodeWork } from './listing.ts'

/** What a node's address looks like: a host and a port, of a relay and its own id behind it, and nothing that a person would write. */
export const ADDRESS_PATTERN =
  '^(wss?|relays?)://(\\[[0-9a-f:.]{2,45}\\]|[a-z0-9.-]{1,253})(:[0-9]{1,5})?(/shard1[02-9ac-hj-np-z]{58}|/)?$'
/** What a region looks like: a country, optionally with a subdivision. */
export const REGION_PATTERN = '^[a-z]{2}(-[a-z0-9]{1,3})?$'

/** @throws MarketInputError that names the first field that isn't what it must be. */
export function checkNode({ roles, address, region, work, priceFloor }: NodeInit): void {
  if (roles.length === 0 || roles.some((role) => !ROLES.includes(role))) {
    throw new MarketInputError('roles', roles.join(', '), `one or more of ${ROLES.join(', ')}`)
  }
  if (address !== undefined && !new RegExp(ADDRESS_PATTERN).test(address)) {
    throw new MarketInputError('address', address, `text that matches ${ADDRESS_PATTERN}`)
  }
  if (region !== undefined && !new RegExp(REGION_PATTERN).test(region)) {
    throw new MarketInputError('region', region, `text that matches ${REGION_PATTERN}`)
  }
  if (work !== undefined) checkWork(work)
  if (priceFloor !== undefined && (priceFloor < 0n || priceFloor > PRICE_FLOOR_MAX)) {
    throw new MarketInputError('priceFloor', String(priceFloor), `from 0 to ${PRICE_FLOOR_MAX}`)
  }
}

function checkWork({ numericClass, memoryBytes, decodeMs }: NodeWork): void {
  if (!new RegExp(NUMERIC_CLASS_PATTERN).test(numericClass)) {
    throw new MarketInputError('numericClass', numericClass, `text that matches ${NUMERIC_CLASS_PATTERN}`)
  }
  for (const [field, value, most] of [
    ['memoryBytes', memoryBytes, NODE_MEMORY_BYTES_MAX],
    ['decodeMs', decodeMs, NODE_DECODE_MS_MAX],
  ] as const) {
    if (!(value >= 0 && value <= most)) throw new MarketInputError(field, String(value), `from 0 to ${most}`)
  }
}
