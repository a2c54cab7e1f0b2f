import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'

/** How long and how hard the soak is. */
export interface SoakBenchOptions {
  readonly minutes: number
  /** Answers that run at the same time, all the time. */
  readonly streams: number
  /** Tokens of one answer. */
  readonly tokens: number
  /** Seconds between two deaths. */
  readonly deathSeconds: number
  /** Seconds between two samples of every process. */
  readonly sampleSeconds: number
  readonly isQuick: boolean
  /** Undefined means the usual place. */
  readonly outFolder: string | undefined
}

const FULL = { minutes: 30, streams: 8, tokens: 96, deathSeconds: 60, sampleSeconds: 10 } as const
const QUICK = { minutes: 0.5, streams: 2, tokens: 24, deathSeconds: 10, sampleSeconds: 2 } as const
const MINUTES_MAX = 24 * 60

/**
 * Reads the command line after `soak`; `help.txt` describes it.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parseSoakBenchOptions(args: readonly string[]): SoakBenchOptions {
  const { quick, out, minutes } = readArguments(args)
  const usual = quick === true ? QUICK : FULL
  const given = minutes === undefined ? usual.minutes : Number(minutes)
  if (!(given > 0 && given <= MINUTES_MAX)) {
    throw new InvalidValueError(
      `--minutes is "${minutes}"; it must be a number above 0, ${MINUTES_MAX} at the most`,
    )
  }
  return { ...usual, minutes: given, isQuick: quick === true, outFolder: out }
}

function readArguments(args: readonly string[]): {
  readonly quick?: boolean
  readonly out?: string
  readonly minutes?: string
} {
  try {
    const options = {
      quick: { type: 'boolean' },
      out: { type: 'string' },
      minutes: { type: 'string' },
    } as const
    return parseArgs({ args: [...args], options }).values
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
