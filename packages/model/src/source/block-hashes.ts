import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { AbortedError } from '@shardline/core'
import { SourceReadError } from '../errors.ts'
import { SHARED_BLOCK_BYTES } from '../limits.ts'
import { factOfContent } from './content-memory.ts'
import type { FileSha256Options } from './file-digest.ts'

/** Bytes of one SHA-256. */
const HASH_BYTES = 32

/** Keeps these digests apart from SHA-256 of anything else. */
const DOMAIN = 'shardline/blocks/1'

/** Blocks of a file of that size: all have SHARED_BLOCK_BYTES but for the last. */
export function sharedBlockCount(sizeBytes: number): number {
  return Math.ceil(sizeBytes / SHARED_BLOCK_BYTES)
}

/** Bytes that the hashes of all blocks of a file of that size take together. */
export function blockHashesBytes(sizeBytes: number): number {
  return sharedBlockCount(sizeBytes) * HASH_BYTES
}

/**
 * What names a file by its content and vouches for each block: SHA-256 in hex over `shardline/blocks/1`, a line feed, the
 * size in decimal digits, a line feed, and the SHA-256 of each block.
 */
export function blocksDigest(hashes: Uint8Array, sizeBytes: number): string {
  return createHash('sha256').update(`${DOMAIN}\n${sizeBytes}\n`).update(hashes).digest('hex')
}

/** Whether `bytes` are the block with that number. */
export function isBlock(bytes: Uint8Array, block: number, hashes: Uint8Array): boolean {
  const wanted = hashes.subarray(block * HASH_BYTES, (block + 1) * HASH_BYTES)
  return wanted.length === HASH_BYTES && createHash('sha256').update(bytes).digest().equals(wanted)
}

/**
 * The SHA-256 of each block of a local file, one after the other; remembered as {@link factOfContent} says.
 *
 * @throws SourceReadError if the file can't be read.
 */
export async function fileBlockHashes(path: string, options: FileSha256Options): Promise<Uint8Array> {
  try {
    return await factOfContent(path, {
      cacheFolder: options.cacheFolder,
      suffix: '.blocks',
      isValid: (bytes, sizeBytes) => bytes.length === blockHashesBytes(sizeBytes),
      compute: (real) => hashBlocks(real, options.signal),
    })
  } catch (cause) {
    if (cause instanceof AbortedError) throw cause
    throw new SourceReadError(path, 'the blocks of its content cannot be hashed', cause)
  }
}

async function hashBlocks(path: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const hashes: Buffer[] = []
  const handle = await open(path, 'r')
  try {
    const block = new Uint8Array(SHARED_BLOCK_BYTES)
    for (;;) {
      if (signal?.aborted === true) throw new AbortedError(`hashing ${path}`, signal.reason)
      let filled = 0
      for (let read = -1; read !== 0 && filled < block.length; filled += read)
        read = (await handle.read(block, filled, block.length - filled)).bytesRead
      if (filled > 0) hashes.push(createHash('sha256').update(block.subarray(0, filled)).digest())
      if (filled < block.length) return Buffer.concat(hashes)
    }
  } finally {
    await handle.close()
  }
}
