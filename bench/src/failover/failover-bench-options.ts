import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'

/** How the benchmark of failover is run. */
export interface FailoverBenchOptions {
  /** Kills of a worker with a hot spare; the other cases get a quarter of it, but at least one. */
  readonly kills: number
  /** Tokens of the session when the stage is lost. */
  readonly contextTokens: number
  readonly models: readonly string[]
  readonly isQuick: boolean
  /** Undefined means the usual place. */
  readonly outFolder: string | undefined
  readonly testModelsFolder: string | undefined
}

const FULL = { kills: 20, contextTokens: 512, models: 'bundled,smollm2' } as const
const QUICK = { kills: 1, contextTokens: 48, models: 'bundled' } as const
const KILLS_MAX = 1000

/**
 * Reads the command line after `failover`; `help.txt` describes it.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parseFailoverBenchOptions(args: readonly string[]): FailoverBenchOptions {
  const values = readArguments(args)
  const isQuick = values.quick === true
  const usual = isQuick ? QUICK : FULL
  const kills = values.kills === undefined ? usual.kills : Number(values.kills)
  if (!Number.isSafeInteger(kills) || kills < 1 || kills > KILLS_MAX) {
    throw new InvalidValueError(
      `--kills is "${values.kills}"; it must be a whole number from 1 to ${KILLS_MAX}`,
    )
  }
  return {
    kills,
    contextTokens: usual.contextTokens,
    models: (values.models ?? usual.models).split(',').filter((name) => name !== ''),
    isQuick,
    outFolder: values.out,
    testModelsFolder: values['test-models'] === '' ? undefined : values['test-models'],
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        kills: { type: 'string' },
        models: { type: 'string' },
        quick: { type: 'boolean' },
        out: { type: 'string' },
        'test-models': { type: 'string' },
      },
    }).values
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
