import { join } from 'node:path'
import { startLocalCluster } from '@shardline/cli'
import type { ClusterProcess, LocalCluster } from '@shardline/cli'
import { UnexpectedError } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { summarize } from '../statistics.ts'
import type { DemoOptions } from './demo-options.ts'
import { RecordingLog } from '../recording-log.ts'
import { tellAnswer } from './told-answer.ts'
import type { ToldAnswer } from './told-answer.ts'

/** What the demonstration is given to work with. */
export interface DemoContext {
  readonly options: DemoOptions
  /** The repository's root. */
  readonly rootFolder: string
  readonly clock: Clock
  /** Where it tells its story. */
  readonly print: (text: string) => void
  /** Whether what it prints may have colours. */
  readonly isColoured: boolean
  /** @default the platform's cache folder */
  readonly cacheFolder?: string
}

/** Wait for the ones that stand by to be ready. */
const SPARES_MS_MAX = 60_000
/** Where in the answer the process dies. */
const KILL_AT = 0.4
/** A worker and a validator. */
const STAND_BY = 2

/**
 * Lets a worker of a small cluster die by `kill -9` in the middle of an answer, and compares the answer with the one that
 * came when nothing was disturbed. Resolves with whether they are the same: text, tokens, and the log-probability of each.
 *
 * @throws what starting the cluster and answering throw.
 */
export async function demonstrateFailover(context: DemoContext): Promise<boolean> {
  const { options, clock, print } = context
  const log = new RecordingLog()
  const model = options.model ?? join(context.rootFolder, 'models', 'storyteller')
  print(`Starting a driver, ${count(options.workers, 'worker')} and a validator; one of each stands by.\n`)
  const { workers } = options
  const replays: Replay[] = []
  const onLine = (name: string, line: string): void => void replays.push(...replayOf(name, line))
  const init = { model, workers, spares: 1, threads: 1, isSpinning: false, log, onLine }
  await using cluster = await startLocalCluster(
    context.cacheFolder === undefined ? init : { ...init, cacheFolder: context.cacheFolder },
  )
  if (!(await log.until('spare-ready', STAND_BY, AbortSignal.timeout(SPARES_MS_MAX)))) {
    throw new UnexpectedError('the ones that stand by are not ready')
  }
  const undisturbed = await tellAnswer(cluster, options, { clock })
  const victim = cluster.processes.find(({ name }) => name === options.kill)
  if (victim === undefined) throw new UnexpectedError(`there is no ${options.kill}`)
  print(`${describeStages(cluster)}\n> ${options.prompt}\n\n`)
  const disturbed = await tellAnswer(cluster, options, {
    clock,
    onPiece: killer({ context, victim, tokens: undisturbed.tokenIds.length }),
  })
  const isSame = isEqual(undisturbed, disturbed)
  const { replayedRows } = cluster.pipeline.repairs
  if (replayedRows > 0) replays.push({ by: 'the driver', rows: replayedRows })
  print(`\n\n${report({ cluster, log, victim, undisturbed, disturbed, isSame, replays })}`)
  return isSame
}

/** Rows that a stage gave again to the one that took the next place. */
interface Replay {
  readonly by: string
  readonly rows: number
}

/** What a line of a stage's log says of rows that it gave again. */
function replayOf(by: string, line: string): readonly Replay[] {
  if (!line.startsWith('{')) return []
  const fields = JSON.parse(line) as Readonly<Record<string, unknown>>
  const rows = Number(fields['replayedRows'] ?? 0)
  return rows > 0 ? [{ by, rows }] : []
}

interface KillInit {
  readonly context: DemoContext
  readonly victim: ClusterProcess
  /** Of the whole answer. */
  readonly tokens: number
}

/** Prints an answer, and kills a process in the middle of it. */
function killer({ context, victim, tokens }: KillInit): (text: string, tokens: number) => void {
  const { print } = context
  const killAt = Math.max(1, Math.floor(tokens * KILL_AT))
  let isDead = false
  return (text, told) => {
    print(text)
    if (isDead || told < killAt) return
    isDead = true
    process.kill(victim.pid, 'SIGKILL')
    print(dim(context, ` [kill -9 ${victim.name}] `))
  }
}

function isEqual(a: ToldAnswer, b: ToldAnswer): boolean {
  const of = ({ text, tokenIds, logprobs }: ToldAnswer): string =>
    JSON.stringify({ text, tokenIds, logprobs })
  return of(a) === of(b)
}

interface ReportInit {
  readonly cluster: LocalCluster
  readonly log: RecordingLog
  readonly victim: ClusterProcess
  readonly undisturbed: ToldAnswer
  readonly disturbed: ToldAnswer
  readonly isSame: boolean
  readonly replays: readonly Replay[]
}

function report(init: ReportInit): string {
  const { cluster, log, victim, undisturbed, disturbed, isSame, replays } = init
  const { repairs, lastRepairMs } = cluster.pipeline.repairs
  const pauseMs = Math.max(...disturbed.gapsMs)
  const usualMs = summarize(undisturbed.gapsMs).median
  const took = log.of('stage-replaced').map((fields) => String(fields['node']))
  const lines = [
    ['the same', isSame ? sameness(disturbed) : difference(undisturbed, disturbed)],
    ['the pause', `${pauseMs.toFixed(0)} ms to the next token, where ${usualMs.toFixed(1)} ms are usual`],
    [
      'repaired',
      repairs === 0
        ? 'nothing: no stage was lost in this answer'
        : `${victim.name} by ${took.join(', ')}, in ${(lastRepairMs ?? 0).toFixed(0)} ms from the loss to the new formation`,
    ],
    ['sent again', describeReplays(replays)],
  ]
  return lines.map(([name = '', text = '']) => `${name.padEnd(11)} ${text}\n`).join('')
}

function sameness({ text, tokenIds }: ToldAnswer): string {
  return `yes: ${text.length} characters, ${tokenIds.length} tokens, and the log-probability of each, bit for bit, as undisturbed`
}

function difference(undisturbed: ToldAnswer, disturbed: ToldAnswer): string {
  const { tokenIds } = undisturbed
  const at = tokenIds.findIndex(
    (id, index) =>
      id !== disturbed.tokenIds[index] || undisturbed.logprobs[index] !== disturbed.logprobs[index],
  )
  return `NO: from token ${at < 0 ? tokenIds.length : at} of ${tokenIds.length} on. Undisturbed it was:\n${undisturbed.text}`
}

function describeReplays(replays: readonly Replay[]): string {
  const rows = replays.map((replay) => `${count(replay.rows, 'row')} by ${replay.by}`)
  return rows.length === 0 ? 'nothing' : `${rows.join(', ')}; from them the new stage built its cache`
}

function describeStages({ processes }: LocalCluster): string {
  const others = processes.filter(({ role }) => role !== 'driver')
  return others.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function dim({ isColoured }: DemoContext, text: string): string {
  return isColoured ? `\u001B[2m${text}\u001B[22m` : text
}
