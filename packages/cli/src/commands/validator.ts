import type { Command } from 'commander'
import { VALIDATOR_PORT_DEFAULT, VALIDATOR_STATUS_PORT_DEFAULT } from '../limits.ts'
import { addJoinOptions } from '../options/join-options.ts'
import { addModelOption, addFixedPrecisionOption, addThreadOptions } from '../options/model-options.ts'
import { addQuietOption } from '../options/output-options.ts'
import { addListenOptions } from '../options/role-options.ts'
import type { RoleOptions } from '../options/role-options.ts'
import { addStatusOption } from '../options/status-option.ts'
import { addWeightsOptions } from '../options/weights-options.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline validator`. */
export function addValidatorCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('validator')
    .description(
      'Turn hidden states into tokens: final norm, LM head and sampler. Runs until it is stopped (^C).',
    )
  addListenOptions(command, VALIDATOR_PORT_DEFAULT)
  addModelOption(command, 'what the driver asks for')
  addWeightsOptions(addThreadOptions(addFixedPrecisionOption(command)))
  addStatusOption(addJoinOptions(command), VALIDATOR_STATUS_PORT_DEFAULT)
  addQuietOption(command)
  addExamples(command, [
    ['The last stage of a pipeline', 'shardline validator --listen 127.0.0.1:7102 --model ./my-model'],
  ])
  command.action(async (options: RoleOptions) => {
    const { runValidator } = await import('./role-action.ts')
    await runValidator(options, context)
  })
}
