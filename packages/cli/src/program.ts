import { Command } from 'commander'
import { addAskCommand } from './commands/ask.ts'
import { addBalanceCommand } from './commands/balance.ts'
import { addDepositCommand } from './commands/deposit.ts'
import { addChatCommand } from './commands/chat.ts'
import type { CommandContext } from './commands/command-context.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addDriverCommand } from './commands/driver.ts'
import { addDriversCommand } from './commands/drivers.ts'
import { addExamples } from './commands/examples.ts'
import { addGatewayCommand } from './commands/gateway.ts'
import { addGenerateCommand } from './commands/generate.ts'
import { addKeysCommand } from './commands/keys.ts'
import { addLedgerCommand } from './commands/ledger.ts'
import { addMarketCommand } from './commands/market.ts'
import { addModelsCommand } from './commands/models.ts'
import { addNodeCommand } from './commands/node.ts'
import { addPriceCommand } from './commands/price.ts'
import { addRelayCommand } from './commands/relay.ts'
import { addRequestsCommand } from './commands/requests.ts'
import { addScoreCommand } from './commands/score.ts'
import { addStatusCommand } from './commands/status.ts'
import { addTopCommand } from './commands/top.ts'
import { addUpCommand } from './commands/up.ts'
import { addValidatorCommand } from './commands/validator.ts'
import { addWorkerCommand } from './commands/worker.ts'
import { VERSION } from './version.ts'

const HELP_WIDTH = 100

/** Builds the `shardline` command with all its commands. Nothing runs before it is parsed. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command('shardline')
    .description('Runs one language model over many machines, each holding a range of its layers.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.print(text),
      // Errors are reported in one place, with advice and code.
      writeErr: () => undefined,
      getOutHelpWidth: () => context.terminal.stdout.columns ?? HELP_WIDTH,
    })
  for (const add of [
    addUpCommand,
    addDriverCommand,
    addWorkerCommand,
    addValidatorCommand,
    addGenerateCommand,
    addScoreCommand,
    addChatCommand,
    addAskCommand,
    addGatewayCommand,
    addNodeCommand,
    addRelayCommand,
    addStatusCommand,
    addTopCommand,
    addModelsCommand,
    addKeysCommand,
    addMarketCommand,
    addPriceCommand,
    addDriversCommand,
    addRequestsCommand,
    addBalanceCommand,
    addDepositCommand,
    addLedgerCommand,
    addDoctorCommand,
  ]) {
    add(program, context)
  }
  return addExamples(program, [
    ['Talk to the bundled model, spread over two workers', 'shardline up'],
    ['One answer', 'shardline generate --prompt "Tell me a story about a fox and a lost key."'],
    ['What can this machine do?', 'shardline doctor'],
  ])
}
