import { fileURLToPath } from 'node:url'
import { CleanupStack } from '@shardline/core'
import { runCommand } from '../run-command.ts'
import { Role } from '../soak/role-process.ts'
import { promptText } from '../workload.ts'
import type { DelayProxy } from './delay-proxy.ts'
import { startDelayProxy } from './delay-proxy.ts'
import type { DriverOutput } from './driver-output.ts'
import { partsOf } from './driver-output.ts'
import type { PlanSample, Split } from './plan-results.ts'
import { startSlowWorker } from './start-slow-worker.ts'

/** One worker of a cluster. */
export interface PlanWorker {
  readonly threads: number
  /** How many times it computes everything, so that it takes as many times as long; it has one thread then. @default once */
  readonly slowness?: number
  /** One way to it, in milliseconds. @default 0 */
  readonly delayMs?: number
}

/** What a cluster is made of. */
export interface PlanClusterInit {
  readonly name: string
  readonly workers: readonly PlanWorker[]
  readonly modelName: string
  /** File or folder. */
  readonly model: string
  readonly layerCount: number
  readonly cacheFolder: string
}

/** What an answer over a cluster is to be. */
export interface PlanAnswer {
  readonly split: Split
  readonly round: number
  readonly tokens: number
}

const COMMAND = fileURLToPath(new URL('main.js', import.meta.resolve('@shardline/cli')))
const PROMPT_WORDS = 24
const LISTENING = /^listening on (\S+)$/m

/** Workers and a validator as processes, over which drivers form pipelines one after the other. */
export class PlanCluster implements AsyncDisposable {
  readonly #init: PlanClusterInit
  readonly #cleanup: CleanupStack
  readonly #workers: readonly string[]
  readonly #validator: string

  private constructor(
    init: PlanClusterInit,
    started: {
      readonly cleanup: CleanupStack
      readonly workers: readonly string[]
      readonly validator: string
    },
  ) {
    this.#init = init
    this.#cleanup = started.cleanup
    this.#workers = started.workers
    this.#validator = started.validator
  }

  /** @throws UnexpectedError if a process doesn't start. */
  static async start(init: PlanClusterInit): Promise<PlanCluster> {
    await using building = new CleanupStack()
    const workers: string[] = []
    for (const [index, worker] of init.workers.entries()) {
      const address =
        worker.slowness === undefined
          ? (await startStage(building, init, { kind: 'worker', index, threads: worker.threads })).address
          : await startSlow(building, init, worker.slowness)
      workers.push(await addressOf(building, address, worker.delayMs ?? 0))
    }
    const validator = await startStage(building, init, { kind: 'validator', index: 0, threads: 1 })
    return new PlanCluster(init, { cleanup: building.release(), workers, validator: validator.address })
  }

  /** Forms a pipeline, answers once, and compares what was foretold with what it came to. */
  async answer({ split, round, tokens }: PlanAnswer): Promise<PlanSample> {
    const { name, modelName, model, workers, layerCount, cacheFolder } = this.#init
    const answer = `--raw --max-tokens ${tokens} --temperature 0 --json`.split(' ')
    const nodes = ['--workers', this.#workers.join(','), '--validator', this.#validator]
    const layers = split === 'equal' ? ['--layers', equalSplit(layerCount, workers.length)] : []
    const prompt = ['--prompt', promptText(round, PROMPT_WORDS)]
    const program = [`SHARDLINE_CACHE=${cacheFolder}`, process.execPath, COMMAND, 'driver']
    const output = await runCommand({
      command: 'env',
      args: [...program, ...nodes, '--model', model, ...layers, ...prompt, ...answer],
    })
    const told = JSON.parse(output) as DriverOutput
    const { stages, token_ms: token } = told
    return {
      model: modelName,
      cluster: name,
      split,
      round,
      layers: stages.flatMap(({ layers }) => layers ?? []),
      plannedMs: token.planned,
      predictedMs: token.predicted,
      measuredMs: token.measured,
      meanMs: 1000 / told.decode_tokens_per_second,
      parts: partsOf(told),
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.run()
  }
}

/** As many layers for each, such as `0-14,15-29`. */
export function equalSplit(layerCount: number, workers: number): string {
  const cut = (index: number): number => Math.round((layerCount * index) / workers)
  return Array.from({ length: workers }, (_, index) => `${cut(index)}-${cut(index + 1) - 1}`).join(',')
}

async function startStage(
  cleanup: CleanupStack,
  init: PlanClusterInit,
  stage: { readonly kind: string; readonly index: number; readonly threads: number },
): Promise<Role> {
  const name = `${stage.kind}-${stage.index + 1}`
  const args = [stage.kind, '--listen', '127.0.0.1:0', '--name', name, '--threads', `${stage.threads}`]
  const role = new Role({
    role: name,
    args: [...args, '--model', init.model],
    environment: { SHARDLINE_CACHE: init.cacheFolder },
    ready: LISTENING,
  })
  cleanup.add(() => role.stop())
  await role.start()
  return role
}

async function startSlow(cleanup: CleanupStack, init: PlanClusterInit, slowness: number): Promise<string> {
  const worker = await startSlowWorker({ ...init, slowness })
  cleanup.add(async () => worker[Symbol.asyncDispose]())
  return worker.address
}

async function addressOf(cleanup: CleanupStack, address: string, delayMs: number): Promise<string> {
  const port = /:(\d+)(?=#|$)/.exec(address)?.[1]
  if (delayMs === 0 || port === undefined) return address
  const proxy: DelayProxy = await startDelayProxy(Number(port), delayMs)
  cleanup.add(async () => proxy[Symbol.asyncDispose]())
  return address.replace(`:${port}`, `:${proxy.port}`)
}
