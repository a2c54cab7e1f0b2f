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
    'Milliseconds of one token of one stream. Cells are medians over the rounds; each round forms its pipelines anew. "Before loading" is by the nodes\' probes and the driver\'s pings, "predicted" by a rehearsal of the formed pipeline, before the answer began; "measured" is the median over the answer, from each token to the next. "Mean" is the whole time from the first token to the last, by tokens: with whatever was slow. Errors are of the figure before loading and of the predicted one against the measured one: the median over the rounds, and the range.',
    renderPredictions(samples),
    summarizeErrors(samples),
    ...renderSplits(samples),
    '## What the predictions are made of',
    'What each stage computes for one token, and all links with the software at their ends (frames made, sealed, read, put in line; processes woken). Predicted and measured are medians over the rounds; the measured links are what the measured stages leave of the time from frame out to token in, "driver" is the rest of a token. "Share" is what the difference makes of the measured token.',
    renderParts(samples),
  ]
  return `${parts.join('\n\n')}\n`
}

function renderPredictions(samples: readonly PlanSample[]): string {
  const rows = groups(samples).map((group) => [
    ...titleOf(group),
    group[0]?.layers.join(', ') ?? '',
    medianCell(group, ({ plannedMs }) => plannedMs),
    medianCell(group, ({ predictedMs }) => predictedMs),
    medianCell(group, ({ measuredMs }) => measuredMs),
    medianCell(group, ({ meanMs }) => meanMs),
    percent(median(errorsOf(group, 'plannedMs'))),
    withRange(errorsOf(group, 'predictedMs')),
  ])
  const figures = ['before loading', 'predicted', 'measured', 'mean', 'error before loading', 'error']
  return markdownTable(['model', 'cluster', 'split', 'layers', ...figures], rows)
}

/** How many rows of the table are as good as is asked for. */
const ERROR_MAX = 0.2

function summarizeErrors(samples: readonly PlanSample[]): string {
  const medians = groups(samples).map((group) => median(errorsOf(group, 'predictedMs')))
  const within = medians.filter((error) => Math.abs(error) <= ERROR_MAX).length
  const single = errorsOf(samples, 'predictedMs').filter((error) => Math.abs(error) <= ERROR_MAX).length
  return `Within ${ERROR_MAX * 100} %: **${within} of ${medians.length}** rows, by their medians; ${single} of ${samples.length} answers.`
}

/** How much sooner a token comes with the planned split, within each round. */
function renderSplits(samples: readonly PlanSample[]): readonly string[] {
  const kinds = new Map(samples.map(({ model, cluster }) => [`${model}, ${cluster}`, { model, cluster }]))
  return [...kinds].flatMap(([title, { model, cluster }]) => {
    const of = (split: PlanSample['split']): readonly { round: number; value: number }[] =>
      samples
        .filter((sample) => sample.model === model && sample.cluster === cluster && sample.split === split)
        .map(({ round, measuredMs }) => ({ round, value: measuredMs }))
    const ratios = pairRatios(of('equal'), of('planned'))
    if (ratios.length === 0) return []
    const range = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`
    return [
      `${title}: a token of the equal split takes **${median(ratios).toFixed(2)}x** (${range}) the time of one of the planned split.`,
    ]
  })
}

function renderParts(samples: readonly PlanSample[]): string {
  const rows = groups(samples).flatMap((group) =>
    (group[0]?.parts ?? []).map(({ part }, place) => {
      const of = group.flatMap(({ parts, measuredMs: tokenMs }) => {
        const sample = parts[place]
        return sample === undefined ? [] : [{ ...sample, tokenMs }]
      })
      return [
        ...titleOf(group),
        part,
        median(of.map(({ predictedMs }) => predictedMs)).toFixed(2),
        median(of.map(({ measuredMs }) => measuredMs)).toFixed(2),
        percent(median(of.map(({ predictedMs, measuredMs }) => predictedMs / measuredMs - 1))),
        percent(
          median(of.map(({ predictedMs, measuredMs, tokenMs }) => (predictedMs - measuredMs) / tokenMs)),
        ),
      ]
    }),
  )
  return markdownTable(['model', 'cluster', 'split', 'part', 'predicted', 'measured', 'error', 'share'], rows)
}

function titleOf(group: readonly PlanSample[]): readonly string[] {
  const [first] = group
  return [first?.model ?? '', first?.cluster ?? '', first?.split ?? '']
}

/** Answers to compare: same model, cluster and layers. A planner that decides anew may decide otherwise. */
function groups(samples: readonly PlanSample[]): readonly (readonly PlanSample[])[] {
  const byKey = new Map<string, PlanSample[]>()
  for (const sample of samples) {
    const key = JSON.stringify([sample.model, sample.cluster, sample.split, sample.layers])
    byKey.set(key, [...(byKey.get(key) ?? []), sample])
  }
  return [...byKey.values()]
}

function errorsOf(group: readonly PlanSample[], figure: 'plannedMs' | 'predictedMs'): readonly number[] {
  return group.map((sample) => sample[figure] / sample.measuredMs - 1)
}

function medianCell(group: readonly PlanSample[], figure: (sample: PlanSample) => number): string {
  return median(group.map(figure)).toFixed(2)
}

function withRange(errors: readonly number[]): string {
  return `${percent(median(errors))} (${percent(Math.min(...errors))} to ${percent(Math.max(...errors))})`
}

const percent = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(0)} %`
