import type { LedgerDatabase } from '@shardline/ledger'
import { sql } from 'kysely'

/** A word that nothing else contains: wherever it turns up, somebody's text has got there. */
const WORD = 'zwitscherling'

/** Text as a person writes it: into prompts, answers, and every field, header and address that takes one. */
export const PROSE = 'The Zwitscherling sang: "my account is 4711" \u{1F426}'
/** The same as it must look to pass for a name. */
export const SLUG = 'zwitscherling-sang-4711'

/** The word as text, in hex and in base64 at each of its three offsets, however it's capitalised. */
const NEEDLES: readonly string[] = [WORD, WORD.toUpperCase(), `Z${WORD.slice(1)}`].flatMap((word) => [
  word,
  Buffer.from(word).toString('hex'),
  ...[0, 1, 2].map((offset) => base64Within(word, offset)),
])

/** What base64 makes of a word at an offset, without the characters that its neighbours decide. */
function base64Within(word: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(word)])
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64')
  return whole.slice(offset === 0 ? 0 : 4)
}

/** Whether somebody's text is in it, in any of the forms. */
export function hasCanary(text: string): boolean {
  const lower = text.toLowerCase()
  return NEEDLES.some((needle) => text.includes(needle)) || lower.includes(WORD)
}

/** Rows of all tables of all schemas that have the text in any column; bytes are looked at in hex. */
export async function rowsWithCanary(database: LedgerDatabase): Promise<readonly string[]> {
  const { rows: tables } = await sql<{ readonly name: string }>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'
    order by 1`.execute(database.kysely)
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{ readonly text: string }>`
      select row::text as text from ${sql.table(name)} as row`.execute(database.kysely)
    found.push(...rows.filter(({ text }) => hasCanary(text)).map(({ text }) => `${name}: ${text}`))
  }
  return found
}

/** Every copy of a value with the text in one place: instead of a text in it, as one more field, as one more item. */
export function planted(value: unknown, text: string): readonly unknown[] {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    return [
      [...items, text],
      ...items.flatMap((item, index) => planted(item, text).map((other) => items.toSpliced(index, 1, other))),
    ]
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
    return [
      { ...value, [text]: 1 },
      { ...value, note: text },
      ...fields.flatMap(([name, field]) =>
        planted(field, text).map((other) => ({ ...value, [name]: other })),
      ),
    ]
  }
  return [text]
}
