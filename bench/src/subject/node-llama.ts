import { CleanupStack, UnexpectedError } from '@shardline/core'
import { isRecord } from '../json-value.ts'
import { checkComplete, metricsOf } from '../token-times.ts'
import type { StreamTimes } from '../token-times.ts'
import { promptText } from '../workload.ts'
import type { Workload } from '../workload.ts'
import { IpcChild } from './ipc-child.ts'
import type { Subject } from './subject.ts'

/** Room beyond prompt and answer in the context of each stream. */
const SPARE_TOKENS = 16

/** Options of {@link startNodeLlama}. */
export interface NodeLlamaStart {
  /** The program that {@link installNodeLlama} returns. */
  readonly program: string
  /** Path of a GGUF file. */
  readonly model: string
  readonly threads: number
  /** All workloads that will be measured: they fix the number of sequences and the size of the context. */
  readonly workloads: readonly Workload[]
}

/**
 * Starts node-llama-cpp in a process of its own, with its prebuilt CPU library, one context for all streams
 * (continuous batching), as many threads as asked for, greedy.
 *
 * @throws RemoteError with what it reports; UnexpectedError if it ends.
 */
export async function startNodeLlama(init: NodeLlamaStart): Promise<Subject> {
  const { model, threads, workloads } = init
  await using starting = new CleanupStack()
  const child = await IpcChild.start(init.program)
  starting.add(async () => child[Symbol.asyncDispose]())
  const started = await child.call('start', {
    model,
    threads,
    streams: Math.max(...workloads.map(({ streams }) => streams)),
    contextTokens:
      Math.max(...workloads.map(({ promptTokens, newTokens }) => promptTokens + newTokens)) + SPARE_TOKENS,
  })
  const measured = async (workload: Workload, variant: number): Promise<readonly StreamTimes[]> => {
    const prompts = Array.from({ length: workload.streams }, (_, i) =>
      promptText(variant * workload.streams + i, workload.promptTokens),
    )
    const { promptTokens, newTokens: maxTokens } = workload
    return readStreams(await child.call('generate', { prompts, promptTokens, maxTokens }))
  }
  const description = readDescription(started)
  const cleanup = starting.release()
  return {
    label: 'node-llama-cpp',
    description,
    measure: async (workload, variant) => {
      const streams = await measured(workload, variant)
      checkComplete(workload, streams)
      return { metrics: metricsOf(workload, streams), streams, stages: [] }
    },
    [Symbol.asyncDispose]: async () => {
      try {
        await child.call('stop')
      } finally {
        await cleanup.run()
      }
    },
  }
}

function readDescription(started: unknown): Readonly<Record<string, string>> {
  const description = isRecord(started) ? started['description'] : undefined
  if (!isRecord(description)) throw new UnexpectedError('the peer did not say what it is')
  return Object.fromEntries(Object.entries(description).map(([key, value]) => [key, String(value)]))
}

function readStreams(result: unknown): readonly StreamTimes[] {
  const streams = isRecord(result) ? result['streams'] : undefined
  if (!Array.isArray(streams)) throw new UnexpectedError('the peer sent no times')
  return streams.map((stream: unknown) => {
    const tokenMs = isRecord(stream) ? stream['tokenMs'] : undefined
    if (!Array.isArray(tokenMs)) throw new UnexpectedError('the peer sent no times')
    return { tokenMs: tokenMs.map(Number) }
  })
}
