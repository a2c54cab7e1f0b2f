import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { AbortedError } from '@shardline/core'
import { PackedFileInvalidError } from '../errors.ts'
import { PACKED_INDEX_BYTES_MAX } from '../limits.ts'
import type { MatrixRole, PackedArray, PackedMatrix, PackedPart, VectorRole } from '../packed-shard.ts'
import type { PackedIdentity } from './packed-index.ts'
import { dataOffsetOf, PACKED_MAGIC, PACKED_PREFIX_BYTES, packedIndex } from './packed-index.ts'

const HASH_STEP_BYTES = 1 << 20

/**
 * Opens a packed file if it is there and is what is wanted: magic, length, the index with its own hash, and the index's
 * content. The arrays are not read; {@link verifyPackedPart} does that.
 *
 * @returns undefined if there is no such file.
 * @throws PackedFileInvalidError if there is one that is damaged or of something else.
 */
export async function openPackedPart(
  path: string,
  identity: PackedIdentity,
): Promise<PackedPart | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new PackedFileInvalidError(path, 'it cannot be opened')
  }
  try {
    const { size } = await handle.stat()
    const index = await readIndex(handle, path, size)
    const sha256 = /"dataSha256":"([0-9a-f]{64})"/.exec(index)?.[1] ?? ''
    if (index !== packedIndex(identity, sha256))
      throw new PackedFileInvalidError(path, 'it holds something else')
    return describePart(path, identity, { sha256, dataOffset: dataOffsetOf(Buffer.byteLength(index)), size })
  } finally {
    await handle.close()
  }
}

async function readIndex(handle: FileHandle, path: string, size: number): Promise<string> {
  const prefix = await readExactly(handle, 0, PACKED_PREFIX_BYTES)
  if (prefix === undefined || !PACKED_MAGIC.every((byte, i) => prefix[i] === byte))
    throw new PackedFileInvalidError(path, 'it does not begin as a packed file does')
  const indexBytes = prefix.readUInt32LE(8)
  if (indexBytes > PACKED_INDEX_BYTES_MAX)
    throw new PackedFileInvalidError(
      path,
      `its index has ${indexBytes} bytes; ${PACKED_INDEX_BYTES_MAX} are allowed`,
    )
  if (prefix.readBigUInt64LE(16) !== BigInt(size))
    throw new PackedFileInvalidError(
      path,
      `it has ${size} bytes and should have ${prefix.readBigUInt64LE(16)}`,
    )
  const index = await readExactly(handle, PACKED_PREFIX_BYTES, indexBytes)
  const hash = index === undefined ? undefined : createHash('sha256').update(index).digest()
  if (index === undefined || hash === undefined || !hash.equals(prefix.subarray(24, 56)))
    throw new PackedFileInvalidError(path, 'its index does not have the hash that it should have')
  return index.toString('utf8')
}

async function readExactly(handle: FileHandle, offset: number, length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await handle.read(buffer, 0, length, offset)
  return bytesRead === length ? buffer : undefined
}

interface PackedFacts {
  readonly sha256: string
  readonly dataOffset: number
  readonly size: number
}

function describePart(path: string, { plan }: PackedIdentity, facts: PackedFacts): PackedPart {
  const place = (array: PackedArray): PackedArray => ({ ...array, offset: array.offset + facts.dataOffset })
  return {
    part: plan.part,
    path,
    byteLength: facts.size,
    sha256: facts.sha256,
    matrices: new Map(
      plan.matrices.map(({ role, packed }): [MatrixRole, PackedMatrix] => [role, placeMatrix(packed, place)]),
    ),
    vectors: new Map(plan.vectors.map(({ role, array }): [VectorRole, PackedArray] => [role, place(array)])),
  }
}

function placeMatrix(matrix: PackedMatrix, place: (array: PackedArray) => PackedArray): PackedMatrix {
  if (matrix.kind === 'dense') return { ...matrix, data: place(matrix.data) }
  const { data, scales, offsets } = matrix
  return {
    ...matrix,
    data: place(data),
    scales: place(scales),
    offsets: offsets === undefined ? undefined : place(offsets),
  }
}

/**
 * Reads all arrays of a packed part and compares their hash with the one in its index.
 *
 * @throws PackedFileInvalidError if they differ; AbortedError.
 */
export async function verifyPackedPart(
  part: PackedPart,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const arrays = [...part.vectors.values(), ...[...part.matrices.values()].map(({ data }) => data)]
  const dataOffset = Math.min(...arrays.map(({ offset }) => offset))
  const handle = await open(part.path, 'r')
  try {
    const sha256 = await hashFrom(handle, dataOffset, options.signal)
    if (sha256 !== part.sha256)
      throw new PackedFileInvalidError(part.path, 'its weights do not have the hash that they should have')
  } finally {
    await handle.close()
  }
}

/** SHA-256 (hex) of a file from `offset` to its end. @throws AbortedError. */
export async function hashFrom(
  handle: FileHandle,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(HASH_STEP_BYTES)
  for (let at = offset; ;) {
    if (signal?.aborted === true) throw new AbortedError('hashing packed weights', signal.reason)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
}
