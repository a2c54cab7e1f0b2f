import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { LOGIT_BIAS_MAX } from '../limits.ts'

/** What an answer has to be, and which tokens it prefers. */
export interface AnswerFormatFlags {
  /** Path of a JSON Schema. */
  readonly jsonSchema: string | undefined
  readonly jsonObject: boolean | undefined
  readonly logitBias: readonly (readonly [number, number])[] | undefined
}

/** Adds `--json-schema`, `--json-object` and `--logit-bias`. */
export function addAnswerFormatFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--json-schema <path>',
        'answer with JSON that the JSON Schema in this file allows; - is standard input',
      ).conflicts('jsonObject'),
    )
    .option('--json-object', 'answer with a JSON object')
    .option(
      '--logit-bias <id=value>',
      `added to the logit of one token, from -${LOGIT_BIAS_MAX} to ${LOGIT_BIAS_MAX}; may be given several times`,
      collectBias,
    )
}

function collectBias(
  text: string,
  previous: AnswerFormatFlags['logitBias'],
): readonly (readonly [number, number])[] {
  const [, id, value] = /^(\d+)=([+-]?\d+(?:\.\d+)?)$/.exec(text.trim()) ?? []
  if (id === undefined || value === undefined || Math.abs(Number(value)) > LOGIT_BIAS_MAX) {
    throw new InvalidArgumentError(
      `Allowed is a token id, = and a number from -${LOGIT_BIAS_MAX} to ${LOGIT_BIAS_MAX}, such as 1234=-5.`,
    )
  }
  return [...(previous ?? []), [Number(id), Number(value)]]
}
