import type { Command } from 'commander'
import { addModelOptions } from '../options/model-options.ts'
import { addOutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'
import type { DoctorOptions } from './doctor-action.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline doctor`. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('doctor')
    .description(
      'What this machine can do: cores, memory, engine, numeric class, speed of a layer, disk and ports. All of it is measured; it takes a few seconds.',
    )
  addModelOptions(command)
  addOutputOptions(command)
  addExamples(command, [
    ['Everything, for people', 'shardline doctor'],
    ['With the speed of a layer of your model, for a program', 'shardline doctor --model ./my-model --json'],
  ])
  command.action(async (options: DoctorOptions) => {
    const { runDoctor } = await import('./doctor-action.ts')
    await runDoctor(options, context)
  })
}
