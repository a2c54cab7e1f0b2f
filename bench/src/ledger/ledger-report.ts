import { markdownTable } from '../markdown-table.ts'
import { formatMachine } from '../report.ts'
import { median } from '../statistics.ts'
import type { DatabaseName, GrowthSample, LedgerResults, SettlementSample } from './ledger-results.ts'
import type { Spread } from './settlement-subject.ts'

/** Renders everything for people: a table of rates and one of growth for each database. */
export function renderLedgerReport(results: LedgerResults): string {
  const { settings } = results
  const databases = [...new Set(results.settlements.map(({ database }) => database))]
  const parts = [
    '# Settlements of four legs: the ledger against hand-written SQL',
    `${results.date}, ${formatMachine(results.machine)}.`,
    `Settings: ${Object.entries(settings)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(', ')}.`,
    'Cells are medians over the rounds. Ratios are medians of the ratios within each round.',
    ...databases.flatMap((database) => [
      `## ${database}`,
      renderRates(results.settlements.filter((sample) => sample.database === database)),
      ...renderGrowth(results.growth, database),
    ]),
  ]
  return `${parts.join('\n\n')}\n`
}

function renderRates(samples: readonly SettlementSample[]): string {
  const ratesOf = (subject: SettlementSample['subject'], spread: Spread): readonly number[] =>
    samples
      .filter((sample) => sample.subject === subject && sample.spread === spread)
      .toSorted((a, b) => a.round - b.round)
      .map(({ perSecond }) => perSecond)
  const [plainSpread, plainHot] = [ratesOf('plain SQL', 'spread'), ratesOf('plain SQL', 'hot')]
  const [ownSpread, ownHot] = [ratesOf('ledger', 'spread'), ratesOf('ledger', 'hot')]
  return markdownTable(
    ['settlements/s', 'plain SQL', 'ledger', 'ledger ÷ plain SQL'],
    [
      ['spread', rate(plainSpread), rate(ownSpread), ratio(ownSpread, plainSpread)],
      ['one hot account', rate(plainHot), rate(ownHot), ratio(ownHot, plainHot)],
      ['hot ÷ spread', ratio(plainHot, plainSpread), ratio(ownHot, ownSpread), ''],
    ],
  )
}

function renderGrowth(samples: readonly GrowthSample[], database: DatabaseName): readonly string[] {
  const own = samples.filter((sample) => sample.database === database)
  const sizes = [...new Set(own.map(({ entries }) => entries))]
  const medians = sizes.map((size) =>
    median(own.filter(({ entries }) => entries === size).map(({ perSecond }) => perSecond)),
  )
  const rows = sizes.map((size, index) => {
    const rates = own.filter(({ entries }) => entries === size).map(({ perSecond }) => perSecond)
    const cost = (medians[0] ?? Number.NaN) / (medians[index] ?? Number.NaN)
    return [size.toLocaleString('en-US'), rate(rates), `${cost.toFixed(2)}x`]
  })
  if (rows.length === 0) return []
  return [markdownTable(['entries in the log', 'settlements/s, hot', 'cost against the first'], rows)]
}

function rate(values: readonly number[]): string {
  return median(values).toFixed(0)
}

function ratio(over: readonly number[], under: readonly number[]): string {
  return `${median(over.map((value, index) => value / (under[index] ?? Number.NaN))).toFixed(2)}x`
}
