import { join } from 'node:path'
import { CleanupStack } from '@shardline/core'
import type { Clock } from '@shardline/core'
import type { LinkBenchOptions } from './link/link-bench-options.ts'
import { renderLinkReport } from './link/link-report.ts'
import type { Flow, FrameSample, HandshakeSample, LinkResults } from './link/link-results.ts'
import type { LinkSubject } from './link/link-subject.ts'
import { frameOf, measureFrames, measureLinks } from './link/measure-link.ts'
import { transportSubject } from './link/transport-subject.ts'
import { describeMachine } from './machine.ts'
import { formatDay, writeResults } from './results.ts'

/** What the benchmark of links is given to work with. */
export interface LinkBenchContext {
  readonly options: LinkBenchOptions
  /** The folder `bench` of the repository. */
  readonly benchFolder: string
  readonly clock: Clock
  /** Told what is going on. */
  readonly onStatus: (text: string) => void
}

const FLOWS: readonly Flow[] = ['one by one', 'streamed']

/** What sealing costs, per frame and per link. Writes the results and resolves with the report and the paths of the files. */
export async function benchLink(
  context: LinkBenchContext,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, clock } = context
  const { outFolder, ...settings } = options
  const machine = await describeMachine(['ws', 'bufferutil'])
  await using cleanup = new CleanupStack()
  const subjects: LinkSubject[] = []
  const kinds = ['memory, in clear', 'memory, sealed', 'WebSockets, in clear', 'WebSockets, sealed'] as const
  for (const kind of kinds) {
    const subject = await transportSubject(kind)
    cleanup.add(async () => subject[Symbol.asyncDispose]())
    subjects.push(subject)
  }
  const frames = await measureAllFrames(subjects, context)
  const handshakes = await measureHandshakes(subjects, context)
  const date = formatDay(clock.now())
  const results: LinkResults = { name: 'link', date, machine, settings, frames, handshakes }
  const markdown = renderLinkReport(results)
  const folder = outFolder ?? join(benchFolder, options.isQuick ? '.cache/results' : 'results')
  return { markdown, paths: await writeResults(folder, results, markdown) }
}

/** Every other round takes the subjects in reverse order, after one that doesn't count. */
async function measureAllFrames(
  subjects: readonly LinkSubject[],
  { options, clock, onStatus }: LinkBenchContext,
): Promise<readonly FrameSample[]> {
  const samples: FrameSample[] = []
  for (let round = 0; round <= options.rounds; round++) {
    onStatus(round === 0 ? 'warming up' : `round ${round} of ${options.rounds}`)
    const ordered = round % 2 === 0 ? subjects : subjects.toReversed()
    for (const bytes of options.sizes) {
      const measured = await measureSize(ordered, { bytes, round, options, clock })
      if (round > 0) samples.push(...measured)
    }
  }
  return samples
}

interface SizeInit extends Pick<LinkBenchContext, 'options' | 'clock'> {
  readonly bytes: number
  readonly round: number
}

async function measureSize(subjects: readonly LinkSubject[], init: SizeInit): Promise<FrameSample[]> {
  const { bytes, round, options, clock } = init
  const samples: FrameSample[] = []
  const message = frameOf(bytes)
  const frames = Math.max(options.framesMin, Math.round(options.bytes / bytes))
  const now = (): number => clock.monotonic()
  for (const flow of FLOWS) {
    for (const subject of subjects) {
      const { carrier, protection } = subject
      const frameUs = await measureFrames(subject, { message, frames, flow, now })
      samples.push({ carrier, protection, flow, bytes, round, frameUs })
    }
  }
  return samples
}

async function measureHandshakes(
  subjects: readonly LinkSubject[],
  { options, clock }: LinkBenchContext,
): Promise<readonly HandshakeSample[]> {
  const samples: HandshakeSample[] = []
  const { rounds, handshakes: links } = options
  for (let round = 0; round <= rounds; round++) {
    for (const { carrier, protection, connect } of subjects) {
      if (connect === undefined) continue
      const linkUs = await measureLinks(connect, { links, now: () => clock.monotonic() })
      if (round > 0) samples.push({ carrier, protection, round, linkUs })
    }
  }
  return samples
}
