import { CleanupStack, systemClock } from '@shardline/core'
import type { Flow, Protection } from '../link/link-results.ts'
import type { LinkSubject } from '../link/link-subject.ts'
import { frameOf, measureFrames } from '../link/measure-link.ts'
import { transportSubject } from '../link/transport-subject.ts'
import { measureInTurns } from './measure-in-turns.ts'
import type { LinkSample } from './sealing-results.ts'

const FLOWS: readonly Flow[] = ['one by one', 'streamed']

/** Options of {@link measureLinks}. */
export interface MeasureLinksInit {
  /** Bytes of the hidden states in a frame. */
  readonly sizes: readonly number[]
  /** Frames of one measurement. */
  readonly frames: number
  readonly rounds: number
  readonly onStatus: (text: string) => void
}

/** Measures links that do nothing but pass frames on, sealed and in clear. Both ends are in this process. */
export async function measureLinks(init: MeasureLinksInit): Promise<readonly LinkSample[]> {
  const { sizes, frames, rounds, onStatus } = init
  await using started = new CleanupStack()
  const start = async (protection: Protection): Promise<LinkSubject> => {
    const subject = await transportSubject(`WebSockets, ${protection}`)
    started.add(async () => subject[Symbol.asyncDispose]())
    return subject
  }
  const samples = await measureInTurns({
    inClear: await start('in clear'),
    sealed: await start('sealed'),
    cases: sizes.flatMap((bytes) => FLOWS.map((flow) => ({ bytes, flow }))),
    rounds,
    onRound: (round) => onStatus(`links, round ${round} of ${rounds}`),
    measure: (subject, { bytes, flow }) => {
      const now = (): number => systemClock.monotonic()
      return measureFrames(subject, { message: frameOf(bytes), frames, flow, now })
    },
  })
  return samples.map(({ what, ...sample }) => ({ ...sample, ...what }))
}
