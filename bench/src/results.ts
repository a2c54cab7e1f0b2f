import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Milliseconds } from '@shardline/core'
import type { Machine } from './machine.ts'
import type { Sample } from './measure-rounds.ts'

/** What was measured, apart from the samples. */
export interface SubjectNote {
  readonly model: string
  readonly subject: string
  readonly description: Readonly<Record<string, string>>
}

/** Everything that one benchmark found out; this is the content of the JSON file. */
export interface Results {
  /** `peers` or `pipeline`. */
  readonly name: string
  /** Day in UTC, as in 2025-01-31. */
  readonly date: string
  readonly machine: Machine
  readonly settings: Readonly<Record<string, string | number | boolean>>
  /** The subject that ratios are taken of (`peers`) or to (`pipeline`). */
  readonly reference: string
  readonly subjects: readonly SubjectNote[]
  readonly samples: readonly Sample[]
}

/** Writes a point in time as a day in UTC. */
export function formatDay(now: Milliseconds): string {
  const parts = new Intl.DateTimeFormat('en', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    timeZone: 'UTC',
  })
  const part = Object.fromEntries(parts.formatToParts(now).map(({ type, value }) => [type, value]))
  return `${part['year']}-${part['month']}-${part['day']}`
}

/** Writes `<name>-<date>.json` and a Markdown file beside it; resolves with both paths. */
export async function writeResults(
  folder: string,
  results: { readonly name: string; readonly date: string },
  markdown: string,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const stem = join(folder, `${results.name}-${results.date}`)
  await writeFile(`${stem}.json`, `${JSON.stringify(results, shortenNumber, 1)}\n`)
  await writeFile(`${stem}.md`, markdown)
  return [`${stem}.json`, `${stem}.md`]
}

/** A microsecond more or less is noise, and 17 digits of it are unreadable. */
function shortenNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value
}
