import type { Machine } from './machine.ts'
import { markdownTable } from './markdown-table.ts'
import type { Sample } from './measure-rounds.ts'
import type { Results } from './results.ts'
import { pairRatios, summarize } from './statistics.ts'
import type { RoundValue, Summary } from './statistics.ts'
import type { MetricName } from './workload.ts'

const METRIC_LABELS: Readonly<Record<MetricName, string>> = {
  decodeTokensPerSecond: 'tokens/s',
  prefillTokensPerSecond: 'tokens/s',
  timeToFirstTokenMs: 'ms to first token (less is better)',
}

/** Which way round the ratios of a report are. */
export interface ReportInit {
  /** Heading. */
  readonly title: string
  /** `of-reference`: reference / other, as one compares with peers. `to-reference`: other / reference, as one compares with a baseline. */
  readonly ratio: 'of-reference' | 'to-reference'
}

/** Renders everything for people: what was compared, a table per model, and the stages where there are some. */
export function renderReport(results: Results, init: ReportInit): string {
  const models = [...new Set(results.samples.map(({ model }) => model))]
  const parts = [
    `# ${init.title}`,
    `${results.date}, ${formatMachine(results.machine)}.`,
    `Settings: ${Object.entries(results.settings)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')}.`,
    'Cells are medians over the rounds with the least and the most in brackets. Ratios are medians of the ratios within each round.',
    ...models.flatMap((model) => renderModel(results, model, init)),
  ]
  return `${parts.join('\n\n')}\n`
}

/** One line about a machine. */
export function formatMachine(machine: Machine): string {
  const { cpuModel, cores, cpuFlags, memoryGib, platform, node, runtimes, commit, loadBefore } = machine
  const versions = Object.entries(runtimes).map(([name, version]) => `${name} ${version}`)
  return [
    `${cpuModel}, ${cores} cores (${cpuFlags.join(' ')})`,
    `${memoryGib} GiB`,
    platform,
    `Node ${node}`,
    ...versions,
    `commit ${commit}`,
    `load before ${loadBefore.toFixed(2)}`,
  ].join(', ')
}

function renderModel(results: Results, model: string, init: ReportInit): readonly string[] {
  const samples = results.samples.filter((sample) => sample.model === model)
  const notes = results.subjects.filter((note) => note.model === model)
  const subjects = notes.map(({ subject }) => subject)
  return [
    `## ${model}`,
    notes.map((note) => `- **${note.subject}**: ${describePairs(note.description)}`).join('\n'),
    renderRates(samples, { subjects, reference: results.reference, ratio: init.ratio }),
    ...renderScaling(samples, subjects),
    ...renderStages(samples, subjects),
  ]
}

function describePairs(description: Readonly<Record<string, string>>): string {
  return Object.entries(description)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key} ${value}`)
    .join('; ')
}

interface RatesInit {
  readonly subjects: readonly string[]
  readonly reference: string
  readonly ratio: ReportInit['ratio']
}

function renderRates(samples: readonly Sample[], { subjects, reference, ratio }: RatesInit): string {
  const others = subjects.filter((subject) => subject !== reference)
  const isOf = ratio === 'of-reference'
  const header = [
    'workload',
    'unit',
    ...subjects,
    ...others.map((other) => (isOf ? `÷ ${other}` : `${other} ÷ ${reference}`)),
  ]
  const rows = distinctMetrics(samples).map(({ workload, metric }) => {
    const values = (subject: string): readonly RoundValue[] =>
      valuesOf(samples, { subject, workload, metric })
    return [
      workload,
      METRIC_LABELS[metric],
      ...subjects.map((subject) => formatValues(values(subject))),
      ...others.map((other) =>
        formatRatio(
          isOf ? pairRatios(values(reference), values(other)) : pairRatios(values(other), values(reference)),
        ),
      ),
    ]
  })
  return markdownTable(header, rows)
}

/** How much more all streams together decode than one does. */
function renderScaling(samples: readonly Sample[], subjects: readonly string[]): readonly string[] {
  const decodes = distinctMetrics(samples).filter(({ metric }) => metric === 'decodeTokensPerSecond')
  const [one, ...more] = decodes
  if (one === undefined || more.length === 0) return []
  const rows = more.map(({ workload, metric }) => [
    `${workload} ÷ ${one.workload}`,
    ...subjects.map((subject) =>
      formatRatio(
        pairRatios(
          valuesOf(samples, { subject, workload, metric }),
          valuesOf(samples, { subject, workload: one.workload, metric }),
        ),
      ),
    ),
  ])
  return [markdownTable(['aggregate', ...subjects], rows)]
}

function renderStages(samples: readonly Sample[], subjects: readonly string[]): readonly string[] {
  const workload = samples.find(({ stages }) => stages.length > 0)?.workload
  const rows = subjects.flatMap((subject) => {
    const own = samples.filter((sample) => sample.subject === subject && sample.workload === workload)
    return (own[0]?.stages ?? []).map(({ stage }, index) => {
      const cells = (['decodeComputeMs', 'hopMs', 'computeMs'] as const).map((field) =>
        formatMilliseconds(own.flatMap(({ stages }) => stages[index]?.[field] ?? [])),
      )
      return [subject, stage, ...cells]
    })
  })
  if (rows.length === 0) return []
  const header = [
    'pipeline',
    'stage',
    'compute of a decode row, ms',
    'hop less compute, ms',
    'compute of the run, ms',
  ]
  return [`Stages, ${workload}:`, markdownTable(header, rows)]
}

interface SampleKey {
  readonly subject: string
  readonly workload: string
  readonly metric: MetricName
}

function valuesOf(
  samples: readonly Sample[],
  { subject, workload, metric }: SampleKey,
): readonly RoundValue[] {
  return samples
    .filter((sample) => sample.subject === subject && sample.workload === workload)
    .flatMap(({ round, metrics }) => {
      const value = metrics[metric]
      return value === undefined ? [] : [{ round, value }]
    })
}

function distinctMetrics(samples: readonly Sample[]): readonly Omit<SampleKey, 'subject'>[] {
  const found = new Map<string, Omit<SampleKey, 'subject'>>()
  for (const { workload, metrics } of samples) {
    for (const metric of Object.keys(metrics) as MetricName[])
      found.set(`${workload} ${metric}`, { workload, metric })
  }
  return [...found.values()]
}

function formatValues(values: readonly RoundValue[]): string {
  return values.length === 0 ? '-' : formatSummary(summarize(values.map(({ value }) => value)), 1)
}

function formatRatio(ratios: readonly number[]): string {
  return ratios.length === 0 ? '-' : formatSummary(summarize(ratios), 2, 'x')
}

function formatMilliseconds(values: readonly number[]): string {
  return values.length === 0 ? '-' : formatSummary(summarize(values), 2)
}

function formatSummary({ median, least, most, count }: Summary, digits: number, unit = ''): string {
  const middle = `${median.toFixed(digits)}${unit}`
  return count === 1 ? middle : `${middle} (${least.toFixed(digits)}-${most.toFixed(digits)})`
}
