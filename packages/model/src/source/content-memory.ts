import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomically } from './write-file-atomically.ts'

/** What is found out of a file's content once, and how. */
export interface ContentFact {
  /** Folder for everything that is kept between runs. */
  readonly cacheFolder: string
  /** Ending of the name under which it is remembered; one for each kind of fact. */
  readonly suffix: string
  /** Whether what is remembered can be the fact of a file of that size. */
  readonly isValid: (bytes: Buffer, sizeBytes: number) => boolean
  readonly compute: (path: string) => Promise<Buffer>
}

/**
 * Something that follows from a local file's content, computed once.
 *
 * It is remembered by real path, size, modification time in nanoseconds and inode: a file that is replaced or edited has
 * another key. It is remembered only if the file did not change while it was read.
 *
 * @throws what `compute` and the file system throw.
 */
export async function factOfContent(path: string, fact: ContentFact): Promise<Buffer> {
  const real = await realpath(path)
  const before = await stat(real, { bigint: true })
  const memory = join(fact.cacheFolder, 'digests', `${keyOf(real, before)}${fact.suffix}`)
  const known = await readFile(memory).catch(() => undefined)
  if (known !== undefined && fact.isValid(known, Number(before.size))) return known
  const found = await fact.compute(real)
  const after = await stat(real, { bigint: true })
  if (keyOf(real, before) === keyOf(real, after)) await remember(memory, found, fact.cacheFolder)
  return found
}

/** Forgetting is no failure: a cache folder that can't be written only means computing again. */
async function remember(memory: string, bytes: Buffer, cacheFolder: string): Promise<void> {
  try {
    await mkdir(join(cacheFolder, 'digests'), { recursive: true })
    await writeFileAtomically(memory, bytes)
  } catch {
    return
  }
}

function keyOf(real: string, stats: BigIntStats): string {
  return createHash('sha256').update(`${real}\0${stats.size}\0${stats.mtimeNs}\0${stats.ino}`).digest('hex')
}
