import { openPglitePool } from '@shardline/ledger'
import { pgliteTemplate } from '@shardline/ledger/testing'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { LedgerPlace } from './ledger-place.ts'

/** Folders of embedded databases, removed at the end. */
export async function pglitePlace(): Promise<LedgerPlace & { readonly parent: string } & AsyncDisposable> {
  const parent = await mkdtemp(path.join(tmpdir(), 'shardline-cli-pglite-'))
  let count = 0
  const next = (): string => path.join(parent, String(count++))
  return {
    parent,
    fresh: async () => {
      const folder = next()
      const pool = await openPglitePool({ folder, template: await pgliteTemplate() })
      await pool.end()
      return folder
    },
    copy: async (location) => {
      const folder = next()
      await cp(location, folder, { recursive: true })
      return folder
    },
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  }
}
