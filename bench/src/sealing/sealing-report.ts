import type { Protection } from '../link/link-results.ts'
import { markdownTable } from '../markdown-table.ts'
import { formatMachine } from '../report.ts'
import { median, medianInterval, pairRatios, summarize } from '../statistics.ts'
import type { RoundValue } from '../statistics.ts'
import type { MetricName } from '../workload.ts'
import type { HopSample, LinkSample, SealingResults } from './sealing-results.ts'

/** Share of a hop's throughput that sealing may cost. */
const HOP_COST_MAX = 0.05
/** Frame and microseconds that sealing and opening it may cost. */
const FRAME_KIB = 16
const FRAME_COST_US_MAX = 50

const METRICS: Readonly<Record<MetricName, string>> = {
  decodeTokensPerSecond: 'tokens/s',
  prefillTokensPerSecond: 'prompt rows/s',
  timeToFirstTokenMs: 'ms to first token',
}

/** Renders everything for people. */
export function renderSealingReport(results: SealingResults): string {
  const settings = Object.entries(results.settings).map(([key, value]) => `${key} ${String(value)}`)
  const models = [...new Set(results.subjects.map(({ model }) => model))]
  const parts = [
    '# Sealing: what it costs beside the same in clear',
    `${results.date}, ${formatMachine(results.machine)}.`,
    `Settings: ${settings.join(', ')}.`,
    'Sealed and in clear run directly after each other, in turns. Cells are medians over the rounds with the least and the most in brackets; ratios and costs are taken within each round. The interval holds the median of the ratios with 95 %, whatever their distribution; what lies on both sides of 1 is not told apart from noise.',
    renderLimits(results),
    ...models.flatMap((model) => [
      `## ${model}: the pipeline\n\n${describePipeline(results, model)}\n\n${renderPipelines(results, model)}`,
      `## ${model}: one hop\n\nA worker in a process of its own with half of the layers; this process sends and receives, so that a frame is sealed and opened twice, as at both ends of a hop in the middle. Its measurements are short, eight pairs for each round.\n\n${renderHops(results.hops.filter((sample) => sample.model === model))}`,
    ]),
    `## A link that does nothing else\n\nBoth ends in this process, frames over a WebSocket back to back and nothing computed: no pipeline is like that. What remains beside sealing is copying, so the share is large and the microseconds are what counts.\n\n${renderLinks(results.links)}`,
  ]
  return `${parts.join('\n\n')}\n`
}

function describePipeline({ subjects }: SealingResults, model: string): string {
  const [note] = subjects.filter((subject) => subject.model === model)
  const facts = Object.entries(note?.description ?? {}).filter(([key]) => key !== 'links')
  return `${facts.map(([key, value]) => `${key} ${value}`).join('; ')}.`
}

/** The limits that the project set itself, and what was measured. */
function renderLimits({ hops, links }: SealingResults): string {
  const hopRows = groupsOf(hops, ({ model, workload, flow }) => `${model}, ${workload}, ${flow}`)
    .filter(([, own]) => own[0]?.flow === 'saturated')
    .map(([name, own]) => {
      const costs = ratesOf(own).map((ratio) => 1 - ratio)
      return [
        `a hop's throughput (${name})`,
        percent(HOP_COST_MAX),
        formatSpread(costs, percent),
        verdict(median(costs) < HOP_COST_MAX),
      ]
    })
  const linkRows = groupsOf(links, ({ bytes, flow }) => `${flow}, ${bytes}`)
    .filter(([, own]) => own[0]?.bytes === FRAME_KIB * 1024)
    .map(([, own]) => {
      const costs = costsOf(own)
      return [
        `sealing and opening ${FRAME_KIB} KiB (${own[0]?.flow ?? ''})`,
        `${FRAME_COST_US_MAX} µs`,
        formatSpread(costs, micros),
        verdict(median(costs) < FRAME_COST_US_MAX),
      ]
    })
  const table = markdownTable(['cost of', 'limit', 'measured', 'median'], [...hopRows, ...linkRows])
  return `## Against the limits\n\n${table}`
}

function renderPipelines({ pipelines }: SealingResults, model: string): string {
  const own = pipelines.filter((sample) => sample.model === model)
  const rows = groupsOf(own, ({ workload }) => workload).flatMap(([workload, samples]) =>
    Object.keys(samples[0]?.metrics ?? {}).map((metric) => {
      const values = (protection: Protection): readonly RoundValue[] =>
        samples
          .filter(({ subject }) => subject === protection)
          .flatMap(({ round, metrics }) => {
            const value = metrics[metric as MetricName]
            return value === undefined ? [] : [{ round, value }]
          })
      const [clear, sealed] = [values('in clear'), values('sealed')]
      return [
        `${workload}, ${METRICS[metric as MetricName]}`,
        formatSpread(plain(clear), oneDigit),
        formatSpread(plain(sealed), oneDigit),
        ...formatRatios(pairRatios(sealed, clear)),
      ]
    }),
  )
  return markdownTable(['workload', 'in clear', 'sealed', 'sealed ÷ in clear', '95 %'], rows)
}

function renderHops(samples: readonly HopSample[]): string {
  const rows = groupsOf(samples, ({ workload, flow }) => `${workload}, ${flow}`).map(([name, own]) => {
    const [clear, sealed] = [timesOf(own, 'in clear'), timesOf(own, 'sealed')]
    return [
      name,
      formatSpread(plain(clear), micros),
      formatSpread(plain(sealed), micros),
      formatSpread(costsOf(own), micros),
      ...formatRatios(ratesOf(own)),
    ]
  })
  return markdownTable(['frames', 'in clear', 'sealed', 'cost', 'sealed ÷ in clear', '95 %'], rows)
}

function renderLinks(samples: readonly LinkSample[]): string {
  const rows = groupsOf(samples, ({ bytes, flow }) => `${bytes / 1024} KiB, ${flow}`).map(([name, own]) => [
    name,
    formatSpread(plain(timesOf(own, 'in clear')), micros),
    formatSpread(plain(timesOf(own, 'sealed')), micros),
    formatSpread(costsOf(own), micros),
    formatSpread(ratesOf(own), twoDigits),
  ])
  return markdownTable(['frames', 'in clear', 'sealed', 'cost', 'frames/s, sealed ÷ in clear'], rows)
}

interface FrameTime {
  readonly protection: Protection
  readonly round: number
  readonly frameUs: number
}

function timesOf(samples: readonly FrameTime[], protection: Protection): readonly RoundValue[] {
  return samples
    .filter((sample) => sample.protection === protection)
    .map(({ round, frameUs }) => ({ round, value: frameUs }))
}

/** Frames/s sealed over those in clear, round by round. */
function ratesOf(samples: readonly FrameTime[]): readonly number[] {
  return pairRatios(timesOf(samples, 'in clear'), timesOf(samples, 'sealed'))
}

/** Microseconds that a sealed frame takes longer, round by round. */
function costsOf(samples: readonly FrameTime[]): readonly number[] {
  const clear = new Map(timesOf(samples, 'in clear').map(({ round, value }) => [round, value]))
  return timesOf(samples, 'sealed').flatMap(({ round, value }) => {
    const other = clear.get(round)
    return other === undefined ? [] : [value - other]
  })
}

/** Groups in the order of their first samples. */
function groupsOf<Sample>(
  samples: readonly Sample[],
  nameOf: (sample: Sample) => string,
): readonly (readonly [string, readonly Sample[]])[] {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const name = nameOf(sample)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [sample])
    else group.push(sample)
  }
  return [...groups]
}

function plain(values: readonly RoundValue[]): readonly number[] {
  return values.map(({ value }) => value)
}

function formatRatios(ratios: readonly number[]): readonly string[] {
  const interval = medianInterval(ratios)
  return [
    formatSpread(ratios, threeDigits),
    interval === undefined ? '-' : `${threeDigits(interval.from)}-${threeDigits(interval.to)}`,
  ]
}

function formatSpread(values: readonly number[], format: (value: number) => string): string {
  if (values.length === 0) return '-'
  const { median: middle, least, most, count } = summarize(values)
  return count === 1 ? format(middle) : `${format(middle)} (${format(least)} to ${format(most)})`
}

function verdict(isWithin: boolean): string {
  return isWithin ? 'within' : '**over**'
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function micros(us: number): string {
  return `${us.toFixed(us < 100 ? 1 : 0)} µs`
}

function oneDigit(value: number): string {
  return value.toFixed(1)
}

function twoDigits(value: number): string {
  return `${value.toFixed(2)}x`
}

function threeDigits(value: number): string {
  return `${value.toFixed(3)}x`
}
