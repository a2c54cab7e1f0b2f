import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'

/** How long the benchmark of plans is. */
export interface PlanBenchOptions {
  readonly rounds: number
  /** `bundled`, `smollm2` or a path; undefined takes both, smollm2 where it is. */
  readonly model: string | undefined
  readonly testModelsFolder: string | undefined
  /** Tokens of one answer. */
  readonly tokens: number
  /** One way over the slow link. */
  readonly delayMs: number
  readonly isQuick: boolean
  /** Undefined means the usual place. */
  readonly outFolder: string | undefined
}

const FULL = { rounds: 5, tokens: 128, delayMs: 20, isQuick: false } as const
const QUICK = { rounds: 1, tokens: 16, delayMs: 20, isQuick: true } as const
const ROUNDS_MAX = 1000

/**
 * Reads the command line after `plan`; `help.txt` describes it.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parsePlanBenchOptions(args: readonly string[]): PlanBenchOptions {
  const values = readArguments(args)
  const usual = values.quick === true ? QUICK : FULL
  const rounds = values.rounds === undefined ? usual.rounds : Number(values.rounds)
  if (!Number.isSafeInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new InvalidValueError(
      `--rounds is "${values.rounds}"; it must be a whole number from 1 to ${ROUNDS_MAX}`,
    )
  }
  const { models: model, out: outFolder, 'test-models': testModelsFolder } = values
  return { ...usual, rounds, model, testModelsFolder, outFolder }
}

function readArguments(args: readonly string[]): {
  readonly quick?: boolean
  readonly out?: string
  readonly rounds?: string
  readonly models?: string
  readonly 'test-models'?: string
} {
  try {
    const text = { type: 'string' } as const
    const options = {
      quick: { type: 'boolean' },
      out: text,
      rounds: text,
      models: text,
      'test-models': text,
    } as const
    return parseArgs({ args: [...args], options }).values
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
