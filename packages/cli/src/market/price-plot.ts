/** How a plot is drawn. */
export interface PlotInit {
  /** Characters across. */
  readonly width: number
  /** Lines of bars. */
  readonly height: number
  /** Writes a value beside the axis. */
  readonly label: (value: number) => string
}

const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const LEVELS = EIGHTHS.length - 1
/** A price that grew more than this many times is drawn by its logarithm: else all but the peak would lie flat. */
const LOGARITHMIC_FROM = 20

/**
 * Draws values, oldest first, as bars of block characters with the highest and the lowest value beside them. Where there
 * are more values than columns, a column shows the highest of its own.
 */
export function plot(values: readonly number[], init: PlotInit): string {
  const columns = columnsOf(values, init.width)
  if (columns.length === 0) return ''
  const [low, high] = [Math.min(...columns), Math.max(...columns)]
  const scale = scaleOf(low, high)
  const heights = columns.map((value) => Math.round(scale(value) * (init.height * LEVELS - 1)) + 1)
  const labels = new Map([
    [0, init.label(high)],
    [init.height - 1, init.label(low)],
  ])
  const margin = Math.max(...[...labels.values()].map((text) => text.length))
  const lines = Array.from({ length: init.height }, (_, line) => {
    const floor = (init.height - 1 - line) * LEVELS
    const bars = heights.map((height) => EIGHTHS[Math.min(LEVELS, Math.max(0, height - floor))] ?? ' ')
    return `${(labels.get(line) ?? '').padStart(margin)} ┤${bars.join('')}`.trimEnd()
  })
  return `${lines.join('\n')}\n`
}

/** Whether values that far apart are drawn by their logarithm. */
export function isLogarithmic(low: number, high: number): boolean {
  return low > 0 && high / low > LOGARITHMIC_FROM
}

function columnsOf(values: readonly number[], width: number): readonly number[] {
  if (values.length <= width) return values
  return Array.from({ length: width }, (_, column) => {
    const first = Math.floor((column * values.length) / width)
    const next = Math.floor(((column + 1) * values.length) / width)
    return Math.max(...values.slice(first, next))
  })
}

/** Maps `low` to 0 and `high` to 1. */
function scaleOf(low: number, high: number): (value: number) => number {
  if (high === low) return () => 0
  if (!isLogarithmic(low, high)) return (value) => (value - low) / (high - low)
  return (value) => Math.log(value / low) / Math.log(high / low)
}
