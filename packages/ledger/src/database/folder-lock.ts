import { mkdir, open, readFile, realpath, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseInUseError } from '../errors.ts'

/** The file in a data folder that says which process has it open. */
const LOCK_FILE = 'shardline.lock'

/** Folders that this process has open. */
const held = new Set<string>()

/** What a lock file holds. The folder's own path is in it, so that a copy of a folder isn't locked by its original. */
interface LockOwner {
  readonly pid: number
  readonly folder: string
}

/**
 * Takes the folder of an embedded database for this process, and makes it if it isn't there. A lock that a killed
 * process left behind doesn't count. Resolves with what gives it back.
 *
 * Processes that don't see each other, as on two machines or in two containers, don't see each other's locks either.
 *
 * @throws DatabaseInUseError if another process, or this one, has it open.
 */
export async function lockFolder(given: string): Promise<() => Promise<void>> {
  await mkdir(given, { recursive: true })
  const folder = await realpath(given)
  if (held.has(folder)) throw new DatabaseInUseError(folder, process.pid)
  held.add(folder)
  const path = join(folder, LOCK_FILE)
  try {
    await writeLock(path, folder)
  } catch (cause) {
    held.delete(folder)
    throw cause
  }
  return async () => {
    if (!held.delete(folder)) return
    // Whoever put another folder in its place may have it open by now.
    const owner = await readOwner(path)
    if (owner?.pid === process.pid) await unlink(path).catch(() => undefined)
  }
}

async function writeLock(path: string, folder: string): Promise<void> {
  for (;;) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(JSON.stringify({ pid: process.pid, folder } satisfies LockOwner))
      await file.close()
      return
    } catch (cause) {
      if (!isThere(cause)) throw cause
    }
    const owner = await readOwner(path)
    if (owner !== undefined && owner.folder === folder && isOtherAlive(owner.pid)) {
      throw new DatabaseInUseError(folder, owner.pid)
    }
    await unlink(path).catch(() => undefined)
  }
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(path, 'utf8'))
    const isOwner = typeof owner === 'object' && owner !== null && 'pid' in owner && 'folder' in owner
    if (!isOwner || typeof owner.pid !== 'number' || typeof owner.folder !== 'string') return undefined
    return { pid: owner.pid, folder: owner.folder }
  } catch {
    return undefined
  }
}

/** A lock of this process's own number is one that an earlier process of that number left, as in a restarted container. */
function isOtherAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM'
  }
}

function isThere(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
}
