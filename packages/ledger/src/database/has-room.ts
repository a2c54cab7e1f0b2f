import { open, statfs, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** What is written to see whether it can be; it is gone afterwards. */
const PROBE_FILE = 'shardline.room'
const BLOCK_BYTES = 1_048_576

/** Whether a folder takes that many bytes more. Writes them, and takes them back: a quota shows in no other way. */
export async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < bytes) return false
  const path = join(folder, PROBE_FILE)
  try {
    await using file = await open(path, 'w')
    await fill(file, bytes)
    return true
  } catch {
    return false
  } finally {
    await unlink(path).catch(() => undefined)
  }
}

async function fill(file: FileHandle, bytes: number): Promise<void> {
  const block = Buffer.alloc(BLOCK_BYTES)
  for (let left = bytes; left > 0; left -= BLOCK_BYTES) await file.writeFile(block.subarray(0, left))
  await file.sync()
}
