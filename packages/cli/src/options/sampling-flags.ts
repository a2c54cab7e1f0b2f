import type { Command } from 'commander'
import { ANSWER_TOKENS_MAX, TOP_ALTERNATIVES_MAX } from '../limits.ts'
import { integerWithin, numberWithin } from './parse-number.ts'

/** How the answer's tokens are chosen, as far as the user said. */
export interface SamplingFlags {
  readonly maxTokens: number | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly topK: number | undefined
  readonly minP: number | undefined
  readonly repetitionPenalty: number | undefined
  readonly presencePenalty: number | undefined
  readonly frequencyPenalty: number | undefined
  readonly stop: readonly string[] | undefined
  readonly seed: number | undefined
}

const PROBABILITY = { min: 0, max: 1 }
/** A top-p of 0 would keep nothing. */
const TOP_P = { min: 0.000001, max: 1 }
const PENALTY = { min: -100, max: 100 }

/** How many alternatives of each token are reported. */
export interface LogprobsFlag {
  readonly logprobs: number | undefined
}

/** Adds `--logprobs`. */
export function addLogprobsOption(command: Command): Command {
  return command.option(
    '--logprobs <n>',
    'with --json: the n best alternatives of each token (default: 0)',
    integerWithin({ min: 0, max: TOP_ALTERNATIVES_MAX }),
  )
}

/** Adds the options that choose tokens. */
export function addSamplingFlags(command: Command): Command {
  return command
    .option(
      '-n, --max-tokens <n>',
      "tokens of the answer at the most (default: the checkpoint's suggestion, else 256)",
      integerWithin({ min: 1, max: ANSWER_TOKENS_MAX }),
    )
    .option(
      '-t, --temperature <x>',
      "0 is greedy (default: the checkpoint's suggestion, else 0)",
      numberWithin({ min: 0, max: 100 }),
    )
    .option(
      '--top-p <x>',
      "keep the smallest set of tokens that has this probability (default: the checkpoint's suggestion, else 1)",
      numberWithin(TOP_P),
    )
    .option(
      '--top-k <n>',
      'keep the k best tokens; 0 keeps all (default: 0)',
      integerWithin({ min: 0, max: 1_000_000 }),
    )
    .option(
      '--min-p <x>',
      'drop tokens below this share of the best probability (default: 0)',
      numberWithin(PROBABILITY),
    )
    .option(
      '--repetition-penalty <x>',
      'divides the logits of tokens that were generated already (default: 1, off)',
      numberWithin({ min: 0.01, max: 100 }),
    )
    .option(
      '--presence-penalty <x>',
      'subtracted once from tokens that were generated (default: 0)',
      numberWithin(PENALTY),
    )
    .option(
      '--frequency-penalty <x>',
      'subtracted for each time a token was generated (default: 0)',
      numberWithin(PENALTY),
    )
    .option('--stop <text>', 'text that ends the answer; may be given several times', collect)
    .option(
      '-s, --seed <n>',
      'seed of the random choices; the same seed gives the same text (default: random, reported)',
      integerWithin({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    )
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}
