import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'

/** How long the benchmark of links is. */
export interface LinkBenchOptions {
  readonly rounds: number
  /** Bytes of the hidden states in one frame. */
  readonly sizes: readonly number[]
  /** Bytes that one measurement sends; it sends at least `framesMin` frames. */
  readonly bytes: number
  readonly framesMin: number
  /** Links that are made one after the other. */
  readonly handshakes: number
  readonly isQuick: boolean
  /** Undefined means the usual place. */
  readonly outFolder: string | undefined
}

/** Sizes for numbers to report. */
const FULL = {
  rounds: 9,
  sizes: [4, 16, 64, 1024].map((kib) => kib * 1024),
  bytes: 32 * 1024 * 1024,
  framesMin: 500,
  handshakes: 200,
  isQuick: false,
} as const

/** Sizes that show that all works, in a second. */
const QUICK = {
  rounds: 1,
  sizes: [16 * 1024],
  bytes: 1024 * 1024,
  framesMin: 20,
  handshakes: 5,
  isQuick: true,
} as const

/**
 * Reads the command line after `link`; `help.txt` describes it.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parseLinkBenchOptions(args: readonly string[]): LinkBenchOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { quick: { type: 'boolean' }, out: { type: 'string' } },
    })
    return { ...(values.quick === true ? QUICK : FULL), outFolder: values.out }
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
