import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { LedgerDatabase } from '@shardline/ledger'
import { sql } from 'kysely'

/** Every row of every table of a database as text, bytes in hex, by the table's name. */
export async function dumpRows({ kysely }: LedgerDatabase): Promise<Readonly<Record<string, string>>> {
  const { rows: tables } = await sql<{ readonly name: string }>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'
    order by 1`.execute(kysely)
  const dumped: Record<string, string> = {}
  for (const { name } of tables) {
    const { rows } = await sql<{ readonly text: string }>`
      select row::text as text from ${sql.table(name)} as row`.execute(kysely)
    dumped[name] = rows.map(({ text }) => text).join('\n')
  }
  return dumped
}

/** Every file below a folder, by its path there. */
export async function readFiles(folder: string): Promise<Readonly<Record<string, Buffer>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
  const read = files.map(async (file) => [path.relative(folder, file), await readFile(file)] as const)
  return Object.fromEntries(await Promise.all(read))
}
