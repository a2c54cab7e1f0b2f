import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'

/** A cache folder of this test file, removed at its end. */
export function sharedCache(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'shardline-cli-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
