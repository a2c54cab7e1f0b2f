import type { Command } from 'commander'

/** How a command reports. */
export interface OutputOptions {
  readonly json: boolean | undefined
  readonly quiet: boolean | undefined
}

/** Whether all logits rows are hashed; undefined: where there is a place to show it. */
export interface DigestFlag {
  readonly digest: boolean | undefined
}

/** Adds `--json`. */
export function addJsonOption(command: Command): Command {
  return command.option(
    '--json',
    'print one JSON object instead of text; errors become an object on standard error',
  )
}

/** Adds `--quiet`. */
export function addQuietOption(command: Command): Command {
  return command.option('-q, --quiet', 'say nothing beside the result')
}

/** Adds `--json` and `--quiet`. */
export function addOutputOptions(command: Command): Command {
  return addQuietOption(addJsonOption(command))
}

/** Adds `--digest` and `--no-digest`. */
export function addDigestOption(command: Command): Command {
  return command
    .option(
      '--digest',
      'hash all logits rows, so that two runs can be compared bit for bit (default with --json)',
    )
    .option('--no-digest', 'leave the hash out')
}
