import { markdownTable } from '../markdown-table.ts'
import { formatMachine } from '../report.ts'
import { summarize } from '../statistics.ts'
import type { FailoverResults, FailoverSample } from './failover-results.ts'

/** Renders everything for people. */
export function renderFailoverReport(results: FailoverResults): string {
  const { date, machine, settings, cases, samples } = results
  const models = [...new Set(samples.map(({ model }) => model))]
  const rows = models.flatMap((model) =>
    cases.map((one) =>
      renderCase(
        samples.filter((sample) => sample.model === model && sample.case === one.name),
        [model, one.name],
      ),
    ),
  )
  const header = [
    'model',
    'what happens',
    'times',
    'pause, ms',
    'repair, ms',
    'usual step, ms',
    'sessions anew',
    'same answer',
  ]
  return `${[
    '# What a lost stage costs',
    `${date}, ${formatMachine(machine)}.`,
    `One answer with ${settings.contextTokens} tokens of context. The pause is from the signal to the first token that the new formation made; the repair is a part of it, from the moment that the driver knows of the loss. Cells are medians with the least and the most in brackets.`,
    markdownTable(header, rows),
  ].join('\n\n')}\n`
}

function renderCase(samples: readonly FailoverSample[], names: readonly string[]): readonly string[] {
  if (samples.length === 0) return [...names, '0', '-', '-', '-', '-', '-']
  const same = samples.filter(({ isSame }) => isSame).length
  return [
    ...names,
    String(samples.length),
    formatMs(samples.map(({ pauseMs }) => pauseMs)),
    formatMs(samples.flatMap(({ repairMs }) => repairMs ?? [])),
    formatMs(samples.map(({ usualMs }) => usualMs)),
    String(samples.reduce((sum, { restartedSessions }) => sum + restartedSessions, 0)),
    `${same} of ${samples.length}`,
  ]
}

function formatMs(values: readonly number[]): string {
  if (values.length === 0) return '-'
  const { median, least, most } = summarize(values)
  const digits = median < 10 ? 1 : 0
  return `${median.toFixed(digits)} (${least.toFixed(digits)}-${most.toFixed(digits)})`
}
