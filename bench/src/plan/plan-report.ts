import { markdownTable } from '../markdown-table.ts'
import { formatMachine } from '../report.ts'
import { median, pairRatios } from '../statistics.ts'
import type { PlanResults, PlanSample } from './plan-results.ts'

/** Renders everything for people. */
export function renderPlanReport(results: PlanResults): string {
  const { samples, settings } = results
  const parts = [
    '# Plans: what is foretold, and what it comes to',
    `${results.date}, ${formatMachine(results.machine)}.`,
    `Settings: ${Object.entries(settings)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(', ')}.`,
    'Milliseconds of one token of one stream. Cells are medians over the rounds; each round forms its pipelines anew. "Before loading" is by the nodes\' probes, "predicted" by the loaded stages and their links; the error is that of the predicted figure, the median over the rounds, and the range.',
    renderPredictions(samples),
    ...renderSplits(samples),
  ]
  return `${parts.join('\n\n')}\n`
}

function renderPredictions(samples: readonly PlanSample[]): string {
  const rows = groups(samples).map((group) => {
    const [first] = group
    const errors = group.map(({ predictedMs, measuredMs }) => predictedMs / measuredMs - 1)
    return [
      first?.cluster ?? '',
      first?.split ?? '',
      first?.layers.join(', ') ?? '',
      median(group.map(({ plannedMs }) => plannedMs)).toFixed(2),
      median(group.map(({ predictedMs }) => predictedMs)).toFixed(2),
      median(group.map(({ measuredMs }) => measuredMs)).toFixed(2),
      `${percent(median(errors))} (${percent(Math.min(...errors))} to ${percent(Math.max(...errors))})`,
    ]
  })
  return markdownTable(
    ['cluster', 'split', 'layers', 'before loading', 'predicted', 'measured', 'error'],
    rows,
  )
}

/** How much sooner a token comes with the planned split, within each round. */
function renderSplits(samples: readonly PlanSample[]): readonly string[] {
  const clusters = [...new Set(samples.map(({ cluster }) => cluster))]
  return clusters.flatMap((cluster) => {
    const of = (split: PlanSample['split']): readonly { round: number; value: number }[] =>
      samples
        .filter((sample) => sample.cluster === cluster && sample.split === split)
        .map(({ round, measuredMs }) => ({ round, value: measuredMs }))
    const ratios = pairRatios(of('equal'), of('planned'))
    if (ratios.length === 0) return []
    const range = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`
    return [
      `${cluster}: a token of the equal split takes **${median(ratios).toFixed(2)}x** (${range}) the time of one of the planned split.`,
    ]
  })
}

function groups(samples: readonly PlanSample[]): readonly (readonly PlanSample[])[] {
  const byKey = new Map<string, PlanSample[]>()
  for (const sample of samples) {
    const key = `${sample.cluster} ${sample.split}`
    byKey.set(key, [...(byKey.get(key) ?? []), sample])
  }
  return [...byKey.values()]
}

const percent = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(0)} %`
