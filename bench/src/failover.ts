import { join } from 'node:path'
import { startLocalCluster } from '@shardline/cli'
import type { LocalCluster } from '@shardline/cli'
import { InvalidValueError, UnexpectedError } from '@shardline/core'
import type { Clock } from '@shardline/core'
import type { FailoverBenchOptions } from './failover/failover-bench-options.ts'
import { renderFailoverReport } from './failover/failover-report.ts'
import type { FailoverCase, FailoverResults, FailoverSample } from './failover/failover-results.ts'
import { pauseAfter, timeAnswer, TOKENS_BEFORE } from './failover/timed-answer.ts'
import type { TimedAnswer } from './failover/timed-answer.ts'
import { describeMachine } from './machine.ts'
import { findModels } from './models.ts'
import type { BenchModel } from './models.ts'
import { RecordingLog } from './recording-log.ts'
import { formatDay, writeResults } from './results.ts'
import { median } from './statistics.ts'

/** What the benchmark of failover is given to work with. */
export interface FailoverBenchContext {
  readonly options: FailoverBenchOptions
  /** The folder `bench` of the repository. */
  readonly benchFolder: string
  readonly clock: Clock
  /** Told what is going on. */
  readonly onStatus: (text: string) => void
}

const WORKERS = ['worker-1', 'worker-2'] as const

/** What is measured. Without spares, the layers of the lost worker go to the two that are left. */
const CASES: readonly FailoverCase[] = [
  {
    name: 'a worker is killed, another stands by',
    workers: 2,
    spares: 1,
    victims: WORKERS,
    signal: 'SIGKILL',
    share: 1,
  },
  {
    name: 'a worker freezes, another stands by',
    workers: 2,
    spares: 1,
    victims: WORKERS,
    signal: 'SIGSTOP',
    share: 0.25,
  },
  {
    name: 'the validator is killed, another stands by',
    workers: 2,
    spares: 1,
    victims: ['validator'],
    signal: 'SIGKILL',
    share: 0.25,
  },
  {
    name: 'a worker is killed, nobody stands by',
    workers: 3,
    spares: 0,
    victims: ['worker-2'],
    signal: 'SIGKILL',
    share: 0.25,
  },
]
/** Wait for the ones that stand by to have loaded. */
const SPARES_MS_MAX = 120_000

/** What a lost stage costs an answer. Writes the results and resolves with the report and the paths of the files. */
export async function benchFailover(
  context: FailoverBenchContext,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, clock, onStatus } = context
  const machine = await describeMachine()
  const models = await findModels({
    wanted: options.models,
    bundledFolder: join(benchFolder, '../models/storyteller'),
    testModelsFolder: options.testModelsFolder,
    cacheFolder: join(benchFolder, '.cache'),
    onStatus,
  })
  if (models.length === 0)
    throw new InvalidValueError('there is no model to measure with; name one with --models')
  const samples: FailoverSample[] = []
  for (const model of models) {
    for (const one of CASES) samples.push(...(await measureCase(one, model, context)))
  }
  const { kills, contextTokens, isQuick, outFolder } = options
  const date = formatDay(clock.now())
  const settings = { kills, contextTokens, isQuick }
  const results: FailoverResults = { name: 'failover', date, machine, settings, cases: CASES, samples }
  const markdown = renderFailoverReport(results)
  const folder = outFolder ?? join(benchFolder, isQuick ? '.cache/results' : 'results')
  return { markdown, paths: await writeResults(folder, results, markdown) }
}

async function measureCase(
  one: FailoverCase,
  model: BenchModel,
  context: FailoverBenchContext,
): Promise<readonly FailoverSample[]> {
  const { options, onStatus } = context
  const rounds = Math.max(1, Math.round(options.kills * one.share))
  const samples: FailoverSample[] = []
  for (let round = 1; round <= rounds; round++) {
    onStatus(`${model.name}: ${one.name}, ${round} of ${rounds}`)
    const victim = one.victims[round % one.victims.length] ?? ''
    samples.push(await measureLoss({ one, model, round, victim }, context))
  }
  return samples
}

interface LossInit {
  readonly one: FailoverCase
  readonly model: BenchModel
  readonly round: number
  readonly victim: string
}

/** One loss, in a cluster of its own. */
async function measureLoss(init: LossInit, context: FailoverBenchContext): Promise<FailoverSample> {
  const { one, model, round, victim } = init
  const { clock, options } = context
  const { contextTokens } = options
  const log = new RecordingLog()
  const { workers, spares } = one
  await using cluster = await startLocalCluster({ model: model.path, workers, spares, log })
  if (!(await log.until('spare-ready', 2 * spares, AbortSignal.timeout(SPARES_MS_MAX)))) {
    throw new UnexpectedError('those that stand by are not ready')
  }
  const undisturbed = await timeAnswer(cluster, { clock, contextTokens })
  const pid = pidOf(cluster, victim)
  let lostMs = Number.NaN
  const disturbed = await timeAnswer(cluster, {
    clock,
    contextTokens,
    onMoment: () => {
      lostMs = clock.monotonic()
      process.kill(pid, one.signal)
    },
  })
  // It has to run to be able to end.
  if (one.signal === 'SIGSTOP') process.kill(pid, 'SIGCONT')
  const { lastRepairMs, restartedSessions } = cluster.pipeline.repairs
  const pauseMs = pauseAfter(lostMs, disturbed.atMs)
  return {
    model: model.name,
    case: one.name,
    round,
    victim,
    pauseMs,
    usualMs: median(gapsOf(undisturbed).slice(0, TOKENS_BEFORE)),
    repairMs: lastRepairMs,
    contextTokens,
    restartedSessions,
    isSame: answerOf(disturbed) === answerOf(undisturbed),
  }
}

function pidOf({ processes }: LocalCluster, name: string): number {
  const found = processes.find((process) => process.name === name)
  if (found === undefined) throw new UnexpectedError(`there is no ${name}`)
  return found.pid
}

function gapsOf({ atMs }: TimedAnswer): readonly number[] {
  return atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? ms))
}

function answerOf({ tokenIds, logprobs }: TimedAnswer): string {
  return JSON.stringify({ tokenIds, logprobs })
}
