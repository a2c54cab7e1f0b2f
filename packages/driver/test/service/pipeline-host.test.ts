import t from 'tap'
import { epoch, ManualClock, pipelineId, silentLog, systemClock } from '@shardline/core'
import { PipelineClosedError } from '../../src/index.ts'
import type { Pipeline, PreviousPipeline, ServedModel } from '../../src/index.ts'
import { PipelineHost } from '../../src/service/pipeline-host.ts'

/** A pipeline that only lives and breaks. */
class LivingPipeline implements Pick<Pipeline, 'id' | 'epoch' | 'over' | 'stages' | 'failure'> {
  readonly id = pipelineId('p')
  readonly epoch
  readonly stages = []
  isDisposed = false
  readonly #over = new AbortController()

  constructor(number: number) {
    this.epoch = epoch(number)
  }

  get over(): AbortSignal {
    return this.#over.signal
  }

  get failure(): PipelineClosedError | undefined {
    return this.over.aborted ? new PipelineClosedError() : undefined
  }

  break(): void {
    this.#over.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true
    this.break()
  }
}

interface Forming {
  readonly previous: PreviousPipeline | undefined
  readonly resolve: (pipeline: LivingPipeline) => void
  readonly reject: (error: Error) => void
}

function modelOf(formings: Forming[]): ServedModel {
  const form = (previous: PreviousPipeline | undefined, signal: AbortSignal): Promise<Pipeline> =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('given up')))
      formings.push({ previous, resolve: (pipeline) => resolve(pipeline as unknown as Pipeline), reject })
    })
  return {
    name: 'toy',
    digest: 'd',
    contextLength: 10,
    layerCount: 1,
    vocabularySize: 10,
    stopTokenIds: [],
    suggested: {},
    tokenizer: undefined,
    chatTemplate: undefined,
    form,
  }
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await systemClock.sleep(1)
}

t.test('a broken pipeline is formed anew, later and later, under epochs that only rise', async (t) => {
  const clock = new ManualClock()
  const formings: Forming[] = []
  const init = {
    model: modelOf(formings),
    answersRunningMax: 1,
    answersRunningPerFreeMax: 4,
    retryMsMin: 100,
    retryMsMax: 300,
  }
  const host = new PipelineHost({ clock, log: silentLog }, init)
  const started = host.start()
  const first = new LivingPipeline(1)
  formings[0]?.resolve(first)
  await started
  t.equal(host.pipeline, first)
  first.break()
  t.throws(() => host.pipeline, { code: 'DRIVER_PIPELINE_DOWN', retryable: true })
  for (const [attempt, waitMs] of [100, 200, 300, 300].entries()) {
    await until(() => formings.length === attempt + 2)
    t.equal(formings.at(-1)?.previous?.epoch, 1 + attempt)
    formings.at(-1)?.reject(new Error('nobody there'))
    await systemClock.sleep(5)
    t.throws(() => host.pipeline, { code: 'DRIVER_PIPELINE_DOWN' })
    clock.advance(waitMs - 1)
    await systemClock.sleep(2)
    t.equal(formings.length, attempt + 2, 'not before its time')
    clock.advance(1)
  }
  await until(() => formings.length === 6)
  const second = new LivingPipeline(6)
  formings.at(-1)?.resolve(second)
  await until(() => host.latest === (second as unknown as Pipeline))
  t.equal(host.pipeline, second)
  t.ok(first.isDisposed)
  await host.stop()
  t.ok(second.isDisposed)
})

t.test('a host that stops gives forming up', async (t) => {
  const formings: Forming[] = []
  const init = {
    model: modelOf(formings),
    answersRunningMax: 1,
    answersRunningPerFreeMax: 4,
    retryMsMin: 1,
    retryMsMax: 1,
  }
  const host = new PipelineHost({ clock: systemClock, log: silentLog }, init)
  const started = host.start()
  const first = new LivingPipeline(1)
  formings[0]?.resolve(first)
  await started
  first.break()
  await until(() => formings.length === 2)
  await host.stop()
  t.equal(formings.length, 2)
  t.throws(() => host.pipeline, { code: 'DRIVER_PIPELINE_DOWN' })
})
