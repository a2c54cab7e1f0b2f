import { UnexpectedError } from '@shardline/core'
import { numberField, textField } from '../json-value.ts'
import { runCommand } from '../run-command.ts'
import type { Metrics } from '../token-times.ts'
import type { Workload } from '../workload.ts'
import type { Subject } from './subject.ts'

/** Options of {@link llamaBench}. */
export interface LlamaBenchInit {
  /** Path of a `llama-bench` program. */
  readonly program: string
  /** Path of a GGUF file. */
  readonly model: string
  readonly threads: number
}

/**
 * Makes a native `llama-bench` a subject. It loads the model for each run, warms up and then reports its rate itself;
 * tokenizer and sampler are not part of what it times, and its decode starts with an empty context. It has no workload of several streams.
 *
 * @throws UnexpectedError if the program doesn't run.
 */
export async function llamaBench(init: LlamaBenchInit): Promise<Subject> {
  const probe = parseLlamaBench(await runLlamaBench(init, { promptTokens: 1, newTokens: 0 }))
  return {
    label: 'llama-bench',
    description: probe.description,
    measure: async (workload) => {
      const sizes = llamaBenchSizes(workload)
      if (sizes === undefined) return undefined
      const { tokensPerSecond } = parseLlamaBench(await runLlamaBench(init, sizes))
      const metrics: Metrics =
        sizes.newTokens === 0
          ? { prefillTokensPerSecond: tokensPerSecond }
          : { decodeTokensPerSecond: tokensPerSecond }
      return { metrics, streams: [], stages: [] }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** What one run of `llama-bench` is told to time: either a prompt or a decode. */
export interface LlamaBenchSizes {
  readonly promptTokens: number
  readonly newTokens: number
}

/** Sizes for a workload; undefined if `llama-bench` has no such test. */
export function llamaBenchSizes(workload: Workload): LlamaBenchSizes | undefined {
  if (workload.streams > 1) return undefined
  const isPrefill = workload.metrics.includes('prefillTokensPerSecond')
  return isPrefill
    ? { promptTokens: workload.promptTokens, newTokens: 0 }
    : { promptTokens: 0, newTokens: workload.newTokens }
}

function runLlamaBench(init: LlamaBenchInit, sizes: LlamaBenchSizes): Promise<string> {
  const args = ['-m', init.model, '-t', init.threads, '-p', sizes.promptTokens, '-n', sizes.newTokens]
  return runCommand({ command: init.program, args: [...args, '-ngl', 0, '-r', 1, '-o', 'json'].map(String) })
}

/** What `llama-bench -o json` says. */
export interface LlamaBenchOutput {
  readonly tokensPerSecond: number
  readonly description: Readonly<Record<string, string>>
}

/**
 * Reads the output of `llama-bench -o json`: a list with one test.
 *
 * @throws UnexpectedError if it is something else.
 */
export function parseLlamaBench(output: string): LlamaBenchOutput {
  const tests: unknown = JSON.parse(output)
  const test: unknown = Array.isArray(tests) ? tests[0] : undefined
  const tokensPerSecond = numberField(test, 'avg_ts')
  if (Number.isNaN(tokensPerSecond)) throw new UnexpectedError('llama-bench did not report a rate (avg_ts)')
  return {
    tokensPerSecond,
    description: {
      'llama.cpp build': `${textField(test, 'build_number')} (${textField(test, 'build_commit')})`,
      backends: textField(test, 'backends'),
      model: textField(test, 'model_type'),
      threads: textField(test, 'n_threads'),
    },
  }
}
