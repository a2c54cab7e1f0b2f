import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'

/** What the benchmark of rebuilding texts does, and on how much text. */
export interface InversionBenchOptions {
  /** Names or paths, as for the other benchmarks. */
  readonly models: readonly string[]
  /** Tokens that the linear map is fitted on. */
  readonly trainTokens: number
  /** Tokens of other documents that it is tried on. */
  readonly testTokens: number
  /** Tokens that are rebuilt one by one, what the chat template writes before the prompt not counted. */
  readonly promptTokens: number
  /** Candidates that are tried for one position at the most. */
  readonly candidatesMax: number
  readonly isQuick: boolean
  /** Undefined means the usual place. */
  readonly outFolder: string | undefined
  readonly testModelsFolder: string | undefined
}

/** Sizes for numbers to report. */
const FULL = {
  trainTokens: 6144,
  testTokens: 256,
  promptTokens: 32,
  candidatesMax: 16_384,
  isQuick: false,
} as const

/** Sizes that show that all works, in seconds. */
const QUICK = {
  trainTokens: 512,
  testTokens: 32,
  promptTokens: 6,
  candidatesMax: 64,
  isQuick: true,
} as const

/**
 * Reads the command line after `inversion`; `help.txt` describes it.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parseInversionBenchOptions(args: readonly string[]): InversionBenchOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        models: { type: 'string' },
        quick: { type: 'boolean' },
        out: { type: 'string' },
        'test-models': { type: 'string' },
      },
    })
    const testModelsFolder = values['test-models'] ?? ''
    return {
      ...(values.quick === true ? QUICK : FULL),
      models: (values.models ?? 'bundled,smollm2').split(',').flatMap((name) => name.trim() || []),
      outFolder: values.out,
      testModelsFolder: testModelsFolder === '' ? undefined : testModelsFolder,
    }
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
