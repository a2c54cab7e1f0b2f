import { systemClock, systemRandom } from '@shardline/core'
import type { Command } from 'commander'
import { EventEmitter } from 'node:events'
import { readConfig } from '../../src/config.ts'
import { buildProgram } from '../../src/program.ts'
import { Interrupt } from '../../src/run/interrupt.ts'
import { fakeTerminal } from './fake-terminal.ts'

/** One command as its help describes it. */
export interface DescribedCommand {
  /** Such as `shardline models pull`. */
  readonly name: string
  readonly arguments: readonly (readonly [string, string])[]
  /** Flags and description, with the default where it is not told in the description. */
  readonly options: readonly (readonly [string, string])[]
}

/** Every command that does something. */
export function describeCommands(): readonly DescribedCommand[] {
  const program = buildProgram({
    config: readConfig({ environment: {} }),
    terminal: fakeTerminal().terminal,
    interrupt: new Interrupt({ source: new EventEmitter(), isSupervised: false, exit: () => undefined }),
    supervised: undefined,
    clock: systemClock,
    random: systemRandom,
  })
  return leaves(program, program.name())
}

function leaves(command: Command, name: string): readonly DescribedCommand[] {
  if (command.commands.length > 0)
    return command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`))
  const help = command.createHelp()
  return [
    {
      name,
      arguments: command.registeredArguments.map((argument) => [
        argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
        help.argumentDescription(argument),
      ]),
      options: command.options
        .filter(({ hidden }) => !hidden)
        .map((option) => [option.flags, help.optionDescription(option)]),
    },
  ]
}
