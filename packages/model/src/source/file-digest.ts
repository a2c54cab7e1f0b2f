import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SourceReadError } from '../errors.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

/** Options of {@link fileSha256}. */
export interface FileSha256Options {
  /** Where digests are remembered. */
  readonly cacheFolder: string
  readonly signal?: AbortSignal
}

/**
 * SHA-256 (hex) of a local file's content, streamed.
 *
 * The result is remembered by real path, size, modification time in nanoseconds and inode, so that a model is hashed once.
 * A file that is replaced or edited has another key. A digest is remembered only if the file did not change while it was read.
 *
 * @throws SourceReadError if the file can't be read.
 */
export async function fileSha256(path: string, options: FileSha256Options): Promise<string> {
  try {
    const real = await realpath(path)
    const before = await stat(real, { bigint: true })
    const memory = join(options.cacheFolder, 'digests', keyOf(real, before))
    const known = await readFile(memory, 'utf8').catch(() => '')
    if (/^[0-9a-f]{64}$/.test(known)) return known
    const digest = await hashStream(real, options.signal)
    const after = await stat(real, { bigint: true })
    if (keyOf(real, before) === keyOf(real, after)) await remember(memory, digest, options.cacheFolder)
    return digest
  } catch (cause) {
    throw new SourceReadError(path, 'its content cannot be hashed', cause)
  }
}

async function hashStream(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  const stream = createReadStream(path, {
    highWaterMark: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  })
  for await (const chunk of stream) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Forgetting is no failure: a cache folder that can't be written only means hashing again. */
async function remember(memory: string, digest: string, cacheFolder: string): Promise<void> {
  try {
    await mkdir(join(cacheFolder, 'digests'), { recursive: true })
    await writeFileAtomically(memory, digest)
  } catch {
    return
  }
}

function keyOf(real: string, stats: BigIntStats): string {
  return createHash('sha256').update(`${real}\0${stats.size}\0${stats.mtimeNs}\0${stats.ino}`).digest('hex')
}
