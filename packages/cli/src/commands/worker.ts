import type { Command } from 'commander'
import { WORKER_PORT_DEFAULT, WORKER_STATUS_PORT_DEFAULT } from '../limits.ts'
import { addJoinOptions } from '../options/join-options.ts'
import { addModelOption, addFixedPrecisionOption, addThreadOptions } from '../options/model-options.ts'
import { addQuietOption } from '../options/output-options.ts'
import { parseLayers } from '../options/parse-layers.ts'
import { addListenOptions } from '../options/role-options.ts'
import type { WorkerOptions } from '../options/role-options.ts'
import { addStatusOption } from '../options/status-option.ts'
import { addWeightsOptions } from '../options/weights-options.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline worker`. */
export function addWorkerCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('worker')
    .description('Serve a range of layers. Runs until it is stopped (^C).')
  addListenOptions(command, WORKER_PORT_DEFAULT)
  addModelOption(command, 'what the driver asks for')
  command.option(
    '--layers <range>',
    'layers to serve, such as 0-3 (default: what the driver plans)',
    parseLayers,
  )
  addWeightsOptions(addThreadOptions(addFixedPrecisionOption(command)))
  addStatusOption(addJoinOptions(command), WORKER_STATUS_PORT_DEFAULT)
  addQuietOption(command)
  addExamples(command, [
    [
      'Serve layers 0 to 3 of a model',
      'shardline worker --listen 127.0.0.1:7101 --model ./my-model --layers 0-3',
    ],
    [
      'Be paid by a market for what it serves',
      'shardline worker --listen 0.0.0.0:7101 --key home --market https://market.example',
    ],
    ['Serve whatever a driver plans, on a free port', 'shardline worker --listen 0'],
    [
      'Reachable from other computers, for one driver and the worker before it',
      'shardline worker --listen 0.0.0.0:7101 --key home --allow shard1… --allow shard1…',
    ],
  ])
  command.action(async (options: WorkerOptions) => {
    const { runWorker } = await import('./role-action.ts')
    await runWorker(options, context)
  })
}
