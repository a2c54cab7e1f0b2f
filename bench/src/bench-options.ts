import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'
import type { Precision } from '@shardline/model'

/** What the command line asks for. */
export interface BenchOptions {
  readonly benchmark: 'peers' | 'pipeline'
  readonly models: readonly string[]
  readonly rounds: number
  readonly threads: number
  readonly precision: Precision
  readonly workers: readonly number[]
  readonly llamaBench: string | undefined
  readonly isNodeLlamaSkipped: boolean
  readonly isQuick: boolean
  /** Undefined means the usual place. */
  readonly outFolder: string | undefined
  readonly testModelsFolder: string | undefined
}

const PRECISIONS: readonly Precision[] = ['auto', 'int4', 'int8', 'f32']
const WORKERS_MAX = 16
const ROUNDS_MAX = 1000
const THREADS_MAX = 1024

/**
 * Reads the command line; `help.txt` describes it.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = readArguments(args)
  const [benchmark, ...more] = positionals
  if ((benchmark !== 'peers' && benchmark !== 'pipeline') || more.length > 0) {
    throw new InvalidValueError(`"${positionals.join(' ')}" is no benchmark; give peers or pipeline`)
  }
  const precision = PRECISIONS.find((known) => known === (values.precision ?? 'auto'))
  if (precision === undefined) {
    throw new InvalidValueError(
      `--precision is ${values.precision}; it must be one of ${PRECISIONS.join(', ')}`,
    )
  }
  const isQuick = values.quick === true
  const usualModels = benchmark === 'peers' ? 'smollm2,random-1b' : 'bundled,smollm2,random-1b'
  return {
    benchmark,
    models: splitList(values.models ?? usualModels),
    rounds: readInteger('--rounds', values.rounds ?? (isQuick ? '1' : '5'), { from: 1, to: ROUNDS_MAX }),
    threads: readInteger('--threads', values.threads ?? String(availableParallelism()), {
      from: 1,
      to: THREADS_MAX,
    }),
    precision,
    workers: splitList(values.workers ?? '0,1,2,3').map((text) =>
      readInteger('--workers', text, { from: 0, to: WORKERS_MAX }),
    ),
    llamaBench: values['llama-bench'],
    isNodeLlamaSkipped: values['skip-node-llama'] === true,
    isQuick,
    outFolder: values.out,
    testModelsFolder: values['test-models'] === '' ? undefined : values['test-models'],
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        models: { type: 'string' },
        rounds: { type: 'string' },
        threads: { type: 'string' },
        precision: { type: 'string' },
        workers: { type: 'string' },
        'llama-bench': { type: 'string' },
        'skip-node-llama': { type: 'boolean' },
        quick: { type: 'boolean' },
        out: { type: 'string' },
        'test-models': { type: 'string' },
      },
    })
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function splitList(text: string): readonly string[] {
  return text.split(',').flatMap((entry) => entry.trim() || [])
}

function readInteger(
  option: string,
  text: string,
  range: { readonly from: number; readonly to: number },
): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= range.from && value <= range.to) return value
  throw new InvalidValueError(
    `${option} is "${text}"; it must be an integer from ${range.from} to ${range.to}`,
  )
}
