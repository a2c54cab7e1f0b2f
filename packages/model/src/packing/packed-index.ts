import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import type { PackingRules } from './packing-options.ts'
import { PACKING_VERSION } from './packing-options.ts'
import type { PartPlan } from './part-plan.ts'

/** First bytes of a packed file. */
export const PACKED_MAGIC: Uint8Array = new TextEncoder().encode('SHRDPACK')

/** Bytes before the index: magic, u32 length of the index, u32 zero, u64 length of the file, SHA-256 of the index, zeros. */
export const PACKED_PREFIX_BYTES = 64

/** What makes a packed file the one that is wanted; the index is this and the hash of the arrays. */
export interface PackedIdentity {
  readonly modelDigest: string
  readonly rules: PackingRules
  readonly plan: PartPlan
}

/**
 * The index of a packed file, JSON with sorted keys. It is a function of the model and the rules but for `dataSha256`, so
 * a file is the wanted one exactly if its index is this text.
 *
 * @param dataSha256 SHA-256 (hex) of everything from the first array on.
 */
export function packedIndex(identity: PackedIdentity, dataSha256: string): string {
  const { plan, rules, modelDigest } = identity
  return canonicalJson({
    packingVersion: PACKING_VERSION,
    modelDigest,
    rules,
    part: plan.part,
    matrices: plan.matrices.map(({ role, packed }) => [role, packed]),
    vectors: plan.vectors.map(({ role, array }) => [role, array]),
    dataBytes: plan.dataBytes,
    dataSha256,
  })
}

/** Where the first array begins, with an index of this many bytes. */
export function dataOffsetOf(indexBytes: number): number {
  return Math.ceil((PACKED_PREFIX_BYTES + indexBytes) / 64) * 64
}

/** The bytes of a packed file before its first array. */
export function packedHeader(index: string, dataBytes: number): Uint8Array {
  const indexBytes = new TextEncoder().encode(index)
  const dataOffset = dataOffsetOf(indexBytes.length)
  const header = new Uint8Array(dataOffset)
  const view = new DataView(header.buffer)
  header.set(PACKED_MAGIC)
  view.setUint32(8, indexBytes.length, true)
  view.setBigUint64(16, BigInt(dataOffset + dataBytes), true)
  header.set(createHash('sha256').update(indexBytes).digest(), 24)
  header.set(indexBytes, PACKED_PREFIX_BYTES)
  return header
}
