import { markdownTable } from '../markdown-table.ts'
import { median } from '../statistics.ts'
import { drawLines } from './draw-lines.ts'
import type { ChartLine } from './draw-lines.ts'
import type { ProcessSample, SoakResults } from './soak-results.ts'

/** Medians are taken of the first and the last fifth of the samples, without the first minute. */
const SHARE = 5
const WARM_SECONDS = 60

/** A line of one number of every role over minutes; a role that was started again begins a new piece. */
export function soakLines(
  samples: readonly ProcessSample[],
  valueOf: (sample: ProcessSample) => number,
): readonly ChartLine[] {
  const byRole = groupByRole(samples)
  return [...byRole].map(([name, own]) => {
    const pieces: (readonly [number, number])[][] = []
    let pid: number | undefined
    for (const sample of own) {
      if (sample.pid !== pid) pieces.push([])
      pid = sample.pid
      pieces.at(-1)?.push([sample.atSeconds / 60, valueOf(sample)])
    }
    return { name, pieces }
  })
}

function groupByRole(samples: readonly ProcessSample[]): Map<string, ProcessSample[]> {
  const groups = new Map<string, ProcessSample[]>()
  for (const sample of samples) {
    const group = groups.get(sample.role)
    if (group === undefined) groups.set(sample.role, [sample])
    else group.push(sample)
  }
  return groups
}

/** The chart of memory and the chart of handles, as SVG. */
export function drawSoak({ samples, deaths }: SoakResults): {
  readonly memory: string
  readonly handles: string
} {
  const marks = deaths.map(({ atSeconds }) => atSeconds / 60)
  const common = { xLabel: 'minutes; upright lines are deaths', marks }
  return {
    memory: drawLines({
      ...common,
      title: 'Resident memory',
      yLabel: 'MiB',
      lines: soakLines(samples, ({ residentMib }) => residentMib),
    }),
    handles: drawLines({
      ...common,
      title: 'Open files and sockets',
      yLabel: 'handles',
      lines: soakLines(samples, ({ handles }) => handles),
    }),
  }
}

/** The report of a soak in Markdown. */
export function renderSoakReport(results: SoakResults): string {
  const { date, machine, settings, samples, deaths, answers } = results
  const outcomes = new Map<string, number>()
  for (const { outcome } of answers) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  const tokens = answers.reduce((sum, answer) => sum + answer.tokens, 0)
  const lines = [
    `# Soak, ${date}`,
    '',
    `${machine.cpuModel}, ${machine.cores} cores, ${machine.memoryGib} GiB; Node ${machine.node}; commit ${machine.commit}; load before ${machine.loadBefore.toFixed(1)}.`,
    '',
    `${settings.minutes} minutes, ${settings.streams} streams, a death every ${settings.deathSeconds} s: ${deaths.length} deaths, ${answers.length} answers, ${tokens} tokens, ${answers.filter(({ isFailover }) => isFailover).length} answers that a stage was replaced under.`,
    '',
    markdownTable(
      ['how answers ended', 'answers'],
      [...outcomes].map(([outcome, count]) => [outcome, String(count)]),
    ),
    '',
    'Medians of the first and of the last fifth of the time, after one minute. A process that was killed and started again counts as the same.',
    '',
    markdownTable(
      ['process', 'MiB first', 'MiB last', 'handles first', 'handles last'],
      [...groupByRole(samples)].map(([role, own]) => [role, ...firstAndLast(own)]),
    ),
    '',
    `![memory](soak-${date}-memory.svg)`,
    '',
    `![handles](soak-${date}-handles.svg)`,
    '',
  ]
  return lines.join('\n')
}

function firstAndLast(samples: readonly ProcessSample[]): readonly string[] {
  const warm = samples.filter(({ atSeconds }) => atSeconds >= WARM_SECONDS)
  const used = warm.length >= SHARE ? warm : samples
  const count = Math.max(1, Math.floor(used.length / SHARE))
  const ends = [used.slice(0, count), used.slice(-count)]
  const of = (value: (sample: ProcessSample) => number): readonly string[] =>
    ends.map((end) => String(Math.round(median(end.map(value)))))
  return [...of(({ residentMib }) => residentMib), ...of(({ handles }) => handles)]
}
