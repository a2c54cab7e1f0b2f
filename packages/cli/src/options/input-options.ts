import { Option } from 'commander'
import type { Command } from 'commander'

/** Where a text or token ids come from. */
export interface InputFlags {
  readonly prompt: string | undefined
  readonly file: string | undefined
  readonly ids: string | undefined
}

/** How a prompt becomes tokens. */
export interface RenderFlags {
  readonly system: string | undefined
  readonly raw: boolean | undefined
}

/** Adds `--prompt`, `--file` and `--ids`. */
export function addInputOptions(command: Command): Command {
  return command
    .addOption(new Option('-p, --prompt <text>', 'the text').conflicts(['file', 'ids']))
    .addOption(
      new Option('-f, --file <path>', 'read the text from a file; - is standard input').conflicts('ids'),
    )
    .option(
      '--ids <path>',
      'read token ids from a JSON file: [1, 2, 3] or {"ids": [1, 2, 3]}; needs no tokenizer',
    )
}

/** Adds `--system` and `--raw`. */
export function addRenderOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--system <text>', 'what the model is told before the prompt').conflicts(['raw', 'ids']),
    )
    .option('--raw', "take the prompt as it is, without the model's chat template")
}
