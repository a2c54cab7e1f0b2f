import type { Command } from 'commander'

/** One example of a command: what it does, and how it is written. */
export type Example = readonly [does: string, written: string]

/** Adds examples at the end of a command's help. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.map(([does, written]) => `  # ${does}\n  ${written}\n`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
