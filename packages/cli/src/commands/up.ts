import { Option } from 'commander'
import type { Command } from 'commander'
import { addPipelineOptions } from '../options/model-options.ts'
import { addQuietOption } from '../options/output-options.ts'
import { GATEWAY_PORT_DEFAULT, LOCAL_SPARES_MAX } from '../limits.ts'
import { parseGatewayPort } from '../options/gateway-options.ts'
import { integerWithin } from '../options/parse-number.ts'
import { addServeOptions } from '../options/serve-options.ts'
import { addSamplingFlags } from '../options/sampling-flags.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { UpOptions } from './up-options.ts'

/** Worker processes of a local cluster unless another number is given. */
const WORKERS_DEFAULT = 2

/** Adds `shardline up`. */
export function addUpCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('up')
    .description(
      'Start a local cluster: driver, workers and validator as processes of this machine, and talk to it. It stays up until the chat ends or it is stopped (^C).',
    )
    .option('-p, --prompt <text>', 'say this first, then go on with a chat')
    .addOption(new Option('--once <text>', 'print one answer and stop').conflicts('prompt'))
    .option('--system <text>', 'what the model is told before the chat')
  addPipelineOptions(command, { workersDefault: WORKERS_DEFAULT, workersMin: 1 })
  command.addOption(
    new Option(
      '--spares <n>',
      'workers, and as many validators, that stand by: one of them takes over when a stage dies, and answers go on',
    )
      .argParser(integerWithin({ min: 0, max: LOCAL_SPARES_MAX }))
      .default(0),
  )
  addSamplingFlags(command)
  addServeOptions(command, ['prompt', 'once', 'system'])
  command.addOption(
    new Option(
      '--gateway [port]',
      "serve OpenAI's and Ollama's API to programs of this machine on this port, in front of --serve",
    )
      .argParser(parseGatewayPort)
      .preset(GATEWAY_PORT_DEFAULT)
      .conflicts(['prompt', 'once', 'system']),
  )
  command.addOption(
    new Option(
      '--paid',
      'start a market too: answers are asked through it with play money, and the bill says who earned what',
    ).conflicts(['serve', 'gateway']),
  )
  addQuietOption(command)
  addExamples(command, [
    ['A cluster of two workers on the bundled model, and a chat', 'shardline up'],
    ['Three workers with layers by hand', 'shardline up --workers 3 --layers 0-1,2-4,5-7'],
    ['Answers survive the death of a stage', 'shardline up --spares 1'],
    ['One answer', 'shardline up --once "Tell me a story about a fox and a lost key."'],
    ['The same with a market, and a bill at the end', 'shardline up --paid'],
    ['Answer the sealed asks of this machine’s programs', 'shardline up --serve'],
    ['Answer programs that speak OpenAI’s API', 'shardline up --gateway'],
  ])
  command.action(async (options: UpOptions) => {
    const { runUp } = await import('./up-action.ts')
    await runUp(options, context)
  })
}
