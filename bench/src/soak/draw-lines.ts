/** One line of a chart: `[x, y]` in order of x; a gap begins a new piece. */
export interface ChartLine {
  readonly name: string
  readonly pieces: readonly (readonly (readonly [number, number])[])[]
}

/** Options of {@link drawLines}. */
export interface ChartInit {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly lines: readonly ChartLine[]
  /** Where upright marks go. */
  readonly marks: readonly number[]
}

const WIDTH = 900
const HEIGHT = 360
const LEFT = 60
const RIGHT = 130
const TOP = 40
const BOTTOM = 45
const TICKS = 5
const COLOURS = ['#0b6e99', '#d9730d', '#0f7b6c', '#6940a5', '#ad1a72', '#64473a', '#e03e3e', '#787774']

/** Draws lines over time as SVG; y begins at 0, so that what is flat looks flat. */
export function drawLines({ title, xLabel, yLabel, lines, marks }: ChartInit): string {
  const points = lines.flatMap(({ pieces }) => pieces.flat())
  const xMax = Math.max(1e-9, ...points.map(([x]) => x))
  const yMax = Math.max(1e-9, ...points.map(([, y]) => y)) * 1.05
  const x = (value: number): string => (LEFT + (value / xMax) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const y = (value: number): string => (HEIGHT - BOTTOM - (value / yMax) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const parts: string[] = [
    `<text x="${LEFT}" y="22" font-size="15" font-weight="bold">${escapeXml(title)}</text>`,
    `<text x="${LEFT}" y="${HEIGHT - 8}">${escapeXml(xLabel)}</text>`,
    `<text x="8" y="${TOP - 6}">${escapeXml(yLabel)}</text>`,
  ]
  for (let tick = 0; tick <= TICKS; tick++) {
    const at = y((yMax * tick) / TICKS)
    parts.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#ddd"/>`,
      `<text x="${LEFT - 6}" y="${at}" text-anchor="end">${Math.round((yMax * tick) / TICKS)}</text>`,
      `<text x="${x((xMax * tick) / TICKS)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${Math.round((xMax * tick) / TICKS)}</text>`,
    )
  }
  for (const mark of marks) {
    parts.push(`<line x1="${x(mark)}" x2="${x(mark)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#f2c9c9"/>`)
  }
  for (const [index, { name, pieces }] of lines.entries()) {
    const colour = COLOURS[index % COLOURS.length] ?? '#000'
    for (const piece of pieces) {
      const path = piece.map(([px, py]) => `${x(px)},${y(py)}`).join(' ')
      parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`)
    }
    parts.push(
      `<text x="${WIDTH - RIGHT + 10}" y="${TOP + 12 + index * 16}" fill="${colour}">${escapeXml(name)}</text>`,
    )
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
