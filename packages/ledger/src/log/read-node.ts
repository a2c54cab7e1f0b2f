import type { Kysely } from 'kysely'
import type { Hash } from '@shardline/core'
import { LogDamagedError } from '../errors.ts'
import { CompactRange } from '../merkle/compact-range.ts'
import type { ReadNode } from '../merkle/range-root.ts'
import type { LedgerTables } from '../schema/ledger-tables.ts'
import { STORED_HEIGHT_STEP } from './stored-heights.ts'

/**
 * Reads roots of complete subtrees out of the database: stored ones as they are, others from the at most 128 hashes of
 * the stored height below. What was read is kept, since a proof asks for neighbours.
 */
export function nodeReader(kysely: Kysely<LedgerTables>): ReadNode {
  const known = new Map<string, Promise<Hash>>()
  return (height, index) => {
    const key = `${height}/${index}`
    const found = known.get(key) ?? readNode(kysely, height, index)
    known.set(key, found)
    return found
  }
}

async function readNode(kysely: Kysely<LedgerTables>, height: number, index: bigint): Promise<Hash> {
  const baseHeight = height - (height % STORED_HEIGHT_STEP)
  const count = 1n << BigInt(height - baseHeight)
  const first = index * count
  const hashes = await readHashes(kysely, baseHeight, { first, last: first + count - 1n })
  if (BigInt(hashes.length) !== count) {
    throw new LogDamagedError(`${count - BigInt(hashes.length)} hashes are missing`, {
      height: baseHeight,
      first,
    })
  }
  const range = CompactRange.empty()
  for (const hash of hashes) range.append(hash)
  return range.root()
}

interface IndexRange {
  readonly first: bigint
  readonly last: bigint
}

async function readHashes(
  kysely: Kysely<LedgerTables>,
  height: number,
  { first, last }: IndexRange,
): Promise<readonly Hash[]> {
  if (height === 0) {
    const rows = await kysely
      .selectFrom('ledger.log_entries')
      .select('leaf_hash')
      .where('log_index', '>=', first)
      .where('log_index', '<=', last)
      .orderBy('log_index')
      .execute()
    return rows.map((row) => row.leaf_hash)
  }
  const rows = await kysely
    .selectFrom('ledger.log_nodes')
    .select('hash')
    .where('height', '=', height)
    .where('node_index', '>=', first)
    .where('node_index', '<=', last)
    .orderBy('node_index')
    .execute()
  return rows.map((row) => row.hash)
}
