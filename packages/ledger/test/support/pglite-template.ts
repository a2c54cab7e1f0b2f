import { createHash } from 'node:crypto'
import { readFile, readdir, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { databaseOf, openPglitePool } from '@shardline/ledger'
import { migrate } from '../../src/migrations/migrate.ts'

const MIGRATIONS = fileURLToPath(new URL('../../src/migrations/', import.meta.url))
const DATABASE_PACKAGE = fileURLToPath(import.meta.resolve('@electric-sql/pglite'))

let template: Promise<Blob> | undefined

/**
 * A dumped data folder with the ledger's tables: starting from it takes a fraction of a first start. Made once, by the
 * first test file that needs it, and kept for the others; another migration or database release makes another.
 */
export function pgliteTemplate(): Promise<Blob> {
  template ??= loadTemplate()
  return template
}

async function loadTemplate(): Promise<Blob> {
  const path = join(tmpdir(), `shardline-ledger-${await templateKey()}.tar`)
  try {
    return new Blob([new Uint8Array(await readFile(path))])
  } catch {
    return makeTemplate(path)
  }
}

async function makeTemplate(path: string): Promise<Blob> {
  const pool = await openPglitePool({ folder: undefined })
  await using database = databaseOf(pool)
  await migrate(database)
  const dump = await pool.dump()
  // Several test files may do this at once; the rename makes the last of them win as a whole.
  const part = `${path}.${process.pid}`
  await writeFile(part, new Uint8Array(await dump.arrayBuffer()))
  await rename(part, path)
  return dump
}

async function templateKey(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(MIGRATIONS)).toSorted())
    hash.update(await readFile(join(MIGRATIONS, file)))
  return hash
    .update(await readFile(DATABASE_PACKAGE))
    .digest('hex')
    .slice(0, 16)
}
