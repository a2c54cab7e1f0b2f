import { Option } from 'commander'
import type { Command } from 'commander'
import { addInputOptions, addRenderOptions } from '../options/input-options.ts'
import { addModelOption, addPrecisionOption, addSessionOptions } from '../options/model-options.ts'
import { addDigestOption, addOutputOptions } from '../options/output-options.ts'
import { parseNodeAddress, parseNodeAddresses } from '../options/parse-address.ts'
import { parseLayerList } from '../options/parse-layers.ts'
import { addInviteNodesOptions } from '../options/invite-nodes-options.ts'
import { addPaidOptions } from '../options/paid-options.ts'
import { addKeyOption } from '../options/role-options.ts'
import { addServeOptions } from '../options/serve-options.ts'
import { addLogprobsOption, addSamplingFlags } from '../options/sampling-flags.ts'
import { DRIVER_STATUS_PORT_DEFAULT } from '../limits.ts'
import { addStatusOption } from '../options/status-option.ts'
import type { CommandContext } from './command-context.ts'
import type { DriverOptions } from './driver-action.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline driver`. */
export function addDriverCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('driver')
    .description('Form a pipeline over running workers and a validator, then answer: one prompt, or a chat.')
    .option(
      '--workers <addresses>',
      'addresses of the workers, separated by commas (default: with --invite-nodes, nodes that enlist; with --market, nodes that it lists)',
      parseNodeAddresses,
    )
    .option('--validator <address>', 'address of the validator (default: the same)', parseNodeAddress)
  command
    .option(
      '--spare-workers <addresses>',
      'workers that stand by: one of them takes over when a worker is lost (default: none)',
      parseNodeAddresses,
    )
    .option(
      '--spare-validators <addresses>',
      'validators that stand by in the same way (default: none)',
      parseNodeAddresses,
    )
  addInviteNodesOptions(command)
  addKeyOption(command)
  addPrecisionOption(addModelOption(command))
  command.option(
    '--layers <ranges>',
    'layers of each worker in order, such as 0-3,4-7 (default: what they were started with, else planned)',
    parseLayerList,
  )
  addSessionOptions(command)
  addInputOptions(command)
  addRenderOptions(command)
  command.addOption(
    new Option('--interactive', 'go on with a chat after --prompt').conflicts(['file', 'ids', 'raw', 'json']),
  )
  addLogprobsOption(addSamplingFlags(command))
  addPaidOptions(addServeOptions(command, ['prompt', 'file', 'ids', 'interactive', 'json']))
  addStatusOption(command, DRIVER_STATUS_PORT_DEFAULT)
  // For the command that starts a driver for itself, and needs no invite.
  command.addOption(new Option('--no-announce').hideHelp())
  addDigestOption(command)
  addOutputOptions(command)
  addExamples(command, [
    [
      'Talk over two workers',
      'shardline driver --workers ws://127.0.0.1:7101,ws://127.0.0.1:7103 --validator ws://127.0.0.1:7102',
    ],
    [
      'One answer',
      'shardline driver --workers ws://10.0.0.2:7101 --validator ws://10.0.0.3:7102 --prompt "Tell me a story."',
    ],
    [
      'Answer the asks of friends',
      'shardline driver --workers ws://10.0.0.2:7101 --validator ws://10.0.0.3:7102 --key home --serve 0.0.0.0:7200',
    ],
    [
      'Let friends lend their computers, and answer their asks',
      'shardline driver --key home --serve 0.0.0.0:7200 --invite-nodes',
    ],
    [
      'Be paid by a market for answers',
      'shardline driver --workers ws://10.0.0.2:7101 --validator ws://10.0.0.3:7102 --key home --serve 0.0.0.0:7200 --market https://market.example --market-model storyteller/q4',
    ],
  ])
  command.action(async (options: DriverOptions) => {
    const { runDriver } = await import('./driver-action.ts')
    await runDriver(options, context)
  })
}
