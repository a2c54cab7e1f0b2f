import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CleanupStack, systemClock } from '@shardline/core'
import { databaseOf, openPglitePool, openPostgresPool } from '@shardline/ledger'
import type { LedgerPool } from '@shardline/ledger'
import { startBenchServer } from './ledger/bench-server.ts'
import { ledgerSubject } from './ledger/ledger-subject.ts'
import type { LedgerSubject } from './ledger/ledger-subject.ts'
import { plainSqlSubject } from './ledger/plain-sql-subject.ts'
import { measureRate } from './ledger/settlement-subject.ts'
import type { SettlementSubject, Spread } from './ledger/settlement-subject.ts'
import { markdownTable } from './markdown-table.ts'
import { median } from './statistics.ts'

/** How long and how large the ledger's benchmark is. */
export interface LedgerBenchOptions {
  readonly rounds: number
  readonly durationMs: number
  /** Calls that are on their way at the same time. */
  readonly callers: number
  /** Connections of the hand-written SQL on PostgreSQL. */
  readonly connections: number
  /** Transfers to grow the log to; 0 leaves that out. */
  readonly growTo: number
}

/** Sizes that show that all works, in seconds. */
export const LEDGER_BENCH_QUICK: LedgerBenchOptions = {
  rounds: 1,
  durationMs: 500,
  callers: 64,
  connections: 8,
  growTo: 0,
}

/** Sizes for numbers to report. */
export const LEDGER_BENCH_FULL: LedgerBenchOptions = {
  rounds: 3,
  durationMs: 4_000,
  callers: 256,
  connections: 16,
  growTo: 1_000_000,
}

/** Settlements per second of the ledger against plain SQL, spread and through one account, on both databases. */
export async function benchLedger(
  options: LedgerBenchOptions,
  onStatus: (text: string) => void,
): Promise<string> {
  const parts: string[] = [`# Ledger`, `Settings: ${JSON.stringify(options)}.`]
  await using cleanup = new CleanupStack()
  const server = await startBenchServer()
  cleanup.add(async () => server[Symbol.asyncDispose]())
  const folder = await mkdtemp(join(tmpdir(), 'shardline-bench-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true }))
  const openServer = (): Promise<LedgerPool> =>
    Promise.resolve(openPostgresPool({ url: server.url, connectionsMax: options.connections }))
  let databases = 0
  const openFolder = (): Promise<LedgerPool> => openPglitePool({ folder: join(folder, String(databases++)) })
  for (const [name, open] of [
    ['PostgreSQL', openServer],
    ['PGlite', openFolder],
  ] as const) {
    onStatus(name)
    const plain = await plainSqlSubject(await open())
    const ledger = await ledgerSubject(databaseOf(await open()))
    const rates = await measure([plain, ledger], options, onStatus)
    parts.push(`## ${name}`, renderRates(rates))
    if (options.growTo > 0) parts.push(await measureGrowth(ledger, options, onStatus))
    await plain[Symbol.asyncDispose]()
    await ledger[Symbol.asyncDispose]()
  }
  return `${parts.join('\n\n')}\n`
}

type Rates = Readonly<Record<'plain SQL' | 'ledger', Readonly<Record<Spread, number[]>>>>

async function measure(
  subjects: readonly SettlementSubject[],
  options: LedgerBenchOptions,
  onStatus: (text: string) => void,
): Promise<Rates> {
  const rates: Rates = { 'plain SQL': { spread: [], hot: [] }, ledger: { spread: [], hot: [] } }
  for (let round = 0; round < options.rounds; round++) {
    for (const spread of ['spread', 'hot'] as const) {
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const rate = await measureRate(subject, { spread, ...options }, () => systemClock.monotonic())
        onStatus(`round ${round + 1}: ${subject.label}, ${spread}: ${rate.toFixed(0)}/s`)
        rates[subject.label as 'ledger'][spread].push(rate)
      }
    }
  }
  return rates
}

function renderRates(rates: Rates): string {
  const ratios = (over: readonly number[], under: readonly number[]): string =>
    `${median(over.map((rate, i) => rate / (under[i] ?? Number.NaN))).toFixed(2)}x`
  const { 'plain SQL': plain, ledger } = rates
  const format = (values: readonly number[]): string => median(values).toFixed(0)
  return markdownTable(
    ['settlements/s', 'plain SQL', 'ledger', 'ledger ÷ plain SQL'],
    [
      ['spread', format(plain.spread), format(ledger.spread), ratios(ledger.spread, plain.spread)],
      ['one hot account', format(plain.hot), format(ledger.hot), ratios(ledger.hot, plain.hot)],
      ['hot ÷ spread', ratios(plain.hot, plain.spread), ratios(ledger.hot, ledger.spread), ''],
    ],
  )
}

const GROWTH_STEPS = 5

/** Rates while the log grows, and the first over the last. */
async function measureGrowth(
  ledger: LedgerSubject,
  options: LedgerBenchOptions,
  onStatus: (text: string) => void,
): Promise<string> {
  const rows: string[][] = []
  const rates: number[] = []
  for (let step = 1; step <= GROWTH_STEPS; step++) {
    await ledger.fill(options.growTo / GROWTH_STEPS)
    const rate = await measureRate(ledger, { spread: 'hot', ...options }, () => systemClock.monotonic())
    const filled = (options.growTo / GROWTH_STEPS) * step
    onStatus(`${filled} transfers: ${rate.toFixed(0)}/s`)
    rates.push(rate)
    rows.push([String(filled), rate.toFixed(0), `${((rates[0] ?? 0) / rate).toFixed(2)}x`])
  }
  return markdownTable(['transfers filled in', 'settlements/s, hot', 'cost against the first'], rows)
}
