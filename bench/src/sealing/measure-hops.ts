import { CleanupStack } from '@shardline/core'
import type { Protection } from '../link/link-results.ts'
import type { HopInit } from './hop.ts'
import { Hop } from './hop.ts'
import type { HopFlow, HopWorkload } from './hop-workload.ts'
import { measureInTurns } from './measure-in-turns.ts'
import type { HopSample } from './sealing-results.ts'

/** Pairs of measurements for each round that a pipeline is measured: those of a hop are as much shorter. */
const PAIRS_PER_ROUND = 8

const FLOWS: readonly HopFlow[] = ['one by one', 'saturated']

/** Options of {@link measureHops}. */
export interface MeasureHopsInit extends Omit<HopInit, 'protection'> {
  /** Its name, for the samples. */
  readonly modelName: string
  readonly workloads: readonly HopWorkload[]
  readonly rounds: number
  readonly onStatus: (text: string) => void
}

/** Measures a sealed hop and one in clear, whose workers do the same. */
export async function measureHops(init: MeasureHopsInit): Promise<readonly HopSample[]> {
  const { modelName: model, workloads, onStatus, ...hop } = init
  const rounds = init.rounds * PAIRS_PER_ROUND
  await using started = new CleanupStack()
  const start = async (protection: Protection): Promise<Hop> => {
    const running = await Hop.start({ ...hop, protection })
    started.add(async () => running[Symbol.asyncDispose]())
    return running
  }
  const samples = await measureInTurns({
    inClear: await start('in clear'),
    sealed: await start('sealed'),
    cases: workloads.flatMap((workload) => FLOWS.map((flow) => ({ workload, flow }))),
    rounds,
    onRound: (round) => onStatus(`${model}: hops, round ${round} of ${rounds}`),
    measure: (subject, { workload, flow }) => subject.measure(workload, flow),
  })
  return samples.map(({ what: { workload, flow }, ...sample }) => {
    return { ...sample, model, workload: workload.name, flow }
  })
}
