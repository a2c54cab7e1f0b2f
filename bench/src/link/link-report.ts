import { markdownTable } from '../markdown-table.ts'
import { formatMachine } from '../report.ts'
import { median } from '../statistics.ts'
import type { Carrier, Flow, FrameSample, LinkResults, Protection } from './link-results.ts'

const CARRIERS: readonly Carrier[] = ['memory', 'WebSockets']
const FLOWS: readonly Flow[] = ['one by one', 'streamed']

/** Renders everything for people. */
export function renderLinkReport(results: LinkResults): string {
  const { settings } = results
  const parts = [
    '# Links: what sealing costs',
    `${results.date}, ${formatMachine(results.machine)}.`,
    `Settings: ${Object.entries(settings)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(', ')}.`,
    'Both ends are in one process, so a frame takes the time of sealing and of opening. Cells are medians over the rounds; costs are medians of the differences within each round.',
    ...CARRIERS.flatMap((carrier) => FLOWS.map((flow) => renderFrames(results.frames, carrier, flow))),
    renderHandshakes(results),
  ]
  return `${parts.join('\n\n')}\n`
}

function renderFrames(samples: readonly FrameSample[], carrier: Carrier, flow: Flow): string {
  const own = samples.filter((sample) => sample.carrier === carrier && sample.flow === flow)
  const sizes = [...new Set(own.map(({ bytes }) => bytes))]
  const rows = sizes.map((bytes) => {
    const of = (protection: Protection): readonly FrameSample[] =>
      own.filter((sample) => sample.bytes === bytes && sample.protection === protection)
    const [clear, sealed] = [of('in clear'), of('sealed')]
    const costs = sealed.flatMap(({ round, frameUs }) =>
      clear.filter((sample) => sample.round === round).map((sample) => frameUs - sample.frameUs),
    )
    const clearUs = median(clear.map(({ frameUs }) => frameUs))
    const sealedUs = median(sealed.map(({ frameUs }) => frameUs))
    return [`${bytes / 1024} KiB`, clearUs, sealedUs, median(costs)].map((cell) =>
      typeof cell === 'number' ? cell.toFixed(1) : cell,
    )
  })
  const table = markdownTable(['frame', 'in clear, µs', 'sealed, µs', 'cost of sealing, µs'], rows)
  return `## ${carrier}, frames ${flow}\n\n${table}`
}

function renderHandshakes({ handshakes }: LinkResults): string {
  const kinds = [...new Set(handshakes.map(({ carrier, protection }) => `${carrier}, ${protection}`))]
  const rows = kinds.map((kind) => {
    const own = handshakes.filter(({ carrier, protection }) => `${carrier}, ${protection}` === kind)
    return [kind, (median(own.map(({ linkUs }) => linkUs)) / 1000).toFixed(2)]
  })
  return `## Making a link, and closing it\n\n${markdownTable(['link', 'ms'], rows)}`
}
