import { randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ShardlineError } from '@shardline/core'
import { CacheFailedError } from '../errors.ts'
import { hashFrom } from './open-packed-part.ts'
import type { PackedIdentity } from './packed-index.ts'
import { dataOffsetOf, packedHeader, packedIndex } from './packed-index.ts'
import type { VectorPlan } from './part-plan.ts'
import { readVector } from './read-rows.ts'
import type { PackTarget } from './write-matrix.ts'
import { bytesOf, writeAll, writeMatrix } from './write-matrix.ts'

/** Options of {@link packPart}. */
export interface PackPartOptions {
  /** Called after some bytes of the checkpoint are packed. */
  readonly onBytes: (bytes: number) => void
  readonly signal: AbortSignal | undefined
}

const NO_HASH = '0'.repeat(64)

/**
 * Packs one part of a model into the file `path`, tensor by tensor and some rows at a time.
 *
 * The file is written beside its target, flushed to the disk and renamed, so that there is never half a file. Several processes
 * may pack the same part at the same time: each writes its own file, the bytes are the same, and the last rename stays.
 *
 * @throws TensorNotFiniteError, AbortedError, what the checkpoint's source throws, and CacheFailedError if the cache can't be written.
 */
export async function packPart(
  path: string,
  identity: PackedIdentity,
  options: PackPartOptions,
): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    const handle = await open(beside, 'wx+')
    try {
      await writePart(handle, identity, options)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, path)
  } catch (cause) {
    // What can't be removed was never there: the first failure is the one to tell.
    await rm(beside, { force: true }).catch(() => undefined)
    if (cause instanceof ShardlineError) throw cause
    throw new CacheFailedError(path, cause)
  }
}

async function writePart(
  handle: FileHandle,
  identity: PackedIdentity,
  options: PackPartOptions,
): Promise<void> {
  const { plan } = identity
  // The real hash is as long as this one, so the arrays' place is known before it is.
  const dataOffset = dataOffsetOf(Buffer.byteLength(packedIndex(identity, NO_HASH)))
  const target: PackTarget = { handle, dataOffset, ...options }
  await handle.truncate(dataOffset + plan.dataBytes)
  for (const vector of plan.vectors) await writeVector(vector, target)
  for (const matrix of plan.matrices) await writeMatrix(matrix, target)
  const dataSha256 = await hashFrom(handle, dataOffset, options.signal)
  await writeAll(handle, packedHeader(packedIndex(identity, dataSha256), plan.dataBytes), 0)
}

async function writeVector(vector: VectorPlan, target: PackTarget): Promise<void> {
  let offset = target.dataOffset + vector.array.offset
  for (const piece of vector.pieces) {
    const values = await readVector(piece, target.signal)
    await writeAll(target.handle, bytesOf(values), offset)
    offset += values.byteLength
    target.onBytes(piece.entry.byteLength)
  }
}
