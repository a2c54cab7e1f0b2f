import type { Command } from 'commander'

/** In whose name a command asks. */
export interface KeyOption {
  readonly key: string
}

/** Adds `--key`. */
export function addKeyOption(command: Command): Command {
  return command.option('--key <name>', 'name of your key, as `shardline keys show` lists it', 'default')
}
