import { hostDriver } from '@shardline/cli'
import { CleanupStack, formatLayerRange } from '@shardline/core'
import type { LayerRange } from '@shardline/core'
import type { Protection } from '../link/link-results.ts'
import { answerOf } from '../subject/answer-prompt.ts'
import type { PipelineUnderTest } from '../subject/pipeline-under-test.ts'
import { openTransport } from './open-transport.ts'
import { startStage } from './start-stage.ts'

/** What a pipeline is made of. */
export interface SealingPipelineInit {
  readonly protection: Protection
  /** File or folder. */
  readonly model: string
  /** Layers of each worker, in order. */
  readonly layers: readonly LayerRange[]
  readonly threads: number
  readonly cacheFolder: string
}

/** Starts workers and a validator as processes, and a driver in this one, all with links of one protection. */
export async function startPipeline(init: SealingPipelineInit): Promise<PipelineUnderTest> {
  const { protection, model, layers, threads, cacheFolder } = init
  await using building = new CleanupStack()
  const start = async (kind: 'worker' | 'validator'): Promise<string> => {
    const stage = await startStage({ kind, protection, model, threads, cacheFolder })
    building.add(async () => stage[Symbol.asyncDispose]())
    return stage.address
  }
  const workers: string[] = []
  for (let i = 0; i < layers.length; i++) workers.push(await start('worker'))
  const validator = await start('validator')
  const { transport, ...opened } = await openTransport(protection, 'driver')
  building.add(async () => opened[Symbol.asyncDispose]())
  const host = await hostDriver({
    transport,
    model,
    workers,
    validator,
    precision: 'auto',
    layers,
    contextLength: undefined,
    prefillChunkRows: undefined,
    isOneMachine: true,
    cacheFolder,
    hub: undefined,
    onProgress: undefined,
    signal: undefined,
    log: undefined,
  })
  building.add(async () => host[Symbol.asyncDispose]())
  const cleanup = building.release()
  return {
    description: {
      links: protection,
      processes: `driver, ${layers.length} workers, validator`,
      threads: `${threads} per stage`,
      layers: layers.map(formatLayerRange).join(', '),
    },
    answer: answerOf(host),
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}
