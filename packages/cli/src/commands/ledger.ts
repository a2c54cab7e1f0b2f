import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { LEDGER_PAGE_ITEMS_DEFAULT, LEDGER_PAGE_ITEMS_MAX } from '../limits.ts'
import { addJsonOption, addOutputOptions, addQuietOption } from '../options/output-options.ts'
import { integerWithin } from '../options/parse-number.ts'
import { parseTimeNs } from '../options/parse-time.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { AccountsOptions } from './ledger-accounts-action.ts'
import type { ExportOptions } from './ledger-export-action.ts'
import type { TransfersOptions } from './ledger-transfers-action.ts'
import type { VerifyOptions } from './ledger-verify-action.ts'

const WHOLE = integerWithin({ min: 0, max: Number.MAX_SAFE_INTEGER })
const KINDS = ['single', 'pending', 'post', 'void', 'expire'] as const

/** Adds `shardline ledger` with its four commands. */
export function addLedgerCommand(program: Command, context: CommandContext): void {
  const ledger = program
    .command('ledger')
    .description('Verify a ledger offline, look into it, and export it. Nothing here changes it.')
  addVerify(ledger, context)
  addAccounts(ledger, context)
  addTransfers(ledger, context)
  addExport(ledger, context)
  addExamples(ledger, [
    ['Is every entry as it was written?', 'shardline ledger verify --database ./copy'],
    ['Who has what?', 'shardline ledger accounts'],
  ])
}

function addVerify(ledger: Command, context: CommandContext): void {
  const command = addDatabaseOption(
    ledger
      .command('verify')
      .description('Compute every hash, hold and balance anew, and name the first entry that is bad.'),
  )
    .option('--export <file>', 'verify an export instead of a database; - is standard input')
    .option('--log-key <key>', 'key of the ledger: the checkpoints that are kept must be signed by it')
    .option('--checkpoint <file>', 'a signed checkpoint kept elsewhere that the log must contain', collect)
    .option('--witness-key <key>', 'key of a witness who must have co-signed each checkpoint given', collect)
  addOutputOptions(command)
  addExamples(command, [
    ['A copy of the embedded database', 'shardline ledger verify --database ./copy'],
    [
      'Was the history rewritten or cut off since a witness signed it?',
      'shardline ledger verify --checkpoint seen.txt --witness-key witness.example+1a2b3c4d+BG…',
    ],
  ])
  command.action(async (options: VerifyOptions) => {
    const { runVerify } = await import('./ledger-verify-action.ts')
    await runVerify(options, context)
  })
}

function addAccounts(ledger: Command, context: CommandContext): void {
  const command = addPageOptions(
    addDatabaseOption(
      ledger
        .command('accounts')
        .description('List accounts with their balances, in the order of their creation.')
        .argument('[id...]', 'only these accounts'),
    )
      .option('--ledger <n>', 'only accounts of this ledger', WHOLE)
      .option('--code <n>', 'only accounts of this code', WHOLE)
      .option('--user-data <text>', 'only accounts with this reference'),
  )
  addExamples(command, [
    ['The newest ten', 'shardline ledger accounts --limit 10 --reverse'],
    ['All, for a program', 'shardline ledger accounts --all --json'],
  ])
  command.action(async (ids: readonly string[], options: AccountsOptions) => {
    const { runAccounts } = await import('./ledger-accounts-action.ts')
    await runAccounts(ids, options, context)
  })
}

function addTransfers(ledger: Command, context: CommandContext): void {
  const command = addPageOptions(
    addDatabaseOption(
      ledger
        .command('transfers')
        .description('List transfers in the order of the log.')
        .argument('[id...]', 'only these transfers'),
    )
      .option('--account <id>', 'only transfers on this account')
      .addOption(new Option('--side <side>', 'with --account: only one side').choices(['debit', 'credit']))
      .option('--ledger <n>', 'only transfers of this ledger', WHOLE)
      .option('--code <n>', 'only transfers of this code', WHOLE)
      .addOption(new Option('--kind <kind>', 'only transfers of this kind').choices(KINDS))
      .option('--user-data <text>', 'only transfers with this reference')
      .option('--pending <id>', 'only what ended this hold')
      .option('--since <time>', 'not before this time, such as 2026-01-31T12:00:00Z', parseTimeNs)
      .option('--until <time>', 'before this time', parseTimeNs),
  )
  addExamples(command, [
    [
      'What an account got',
      'shardline ledger transfers --account 018bcfe5-6801-76d5-bf13-629b8e5d946b --side credit',
    ],
    ['The newest, for a program', 'shardline ledger transfers --reverse --json'],
  ])
  command.action(async (ids: readonly string[], options: TransfersOptions) => {
    const { runTransfers } = await import('./ledger-transfers-action.ts')
    await runTransfers(ids, options, context)
  })
}

function addExport(ledger: Command, context: CommandContext): void {
  const command = addDatabaseOption(
    ledger
      .command('export')
      .description('Write all entries and the signed checkpoints as JSON lines, which anyone can verify.'),
  )
    .option('-o, --output <file>', 'write to a file that is not there yet (default: standard output)')
    .option('--resume', 'with --output: go on where that file ends')
    .option('--from <index>', 'begin with this entry (default: 0)', parseBigint)
  addQuietOption(command)
  addExamples(command, [
    ['To a file', 'shardline ledger export --output ledger.jsonl'],
    ['What came since', 'shardline ledger export --output ledger.jsonl --resume'],
    ['Compressed', 'shardline ledger export | gzip > ledger.jsonl.gz'],
  ])
  command.action(async (options: ExportOptions) => {
    const { runExport } = await import('./ledger-export-action.ts')
    await runExport(options, context)
  })
}

function addDatabaseOption(command: Command): Command {
  return command.option(
    '--database <location>',
    'postgres://user:password@host/database, or the folder of an embedded one (default: SHARDLINE_DATABASE, or the folder database in the data folder)',
  )
}

function addPageOptions(command: Command): Command {
  return addJsonOption(
    command
      .option(
        '--limit <n>',
        'items of one page',
        integerWithin({ min: 1, max: LEDGER_PAGE_ITEMS_MAX }),
        LEDGER_PAGE_ITEMS_DEFAULT,
      )
      .option('--after <index>', 'go on after this place in the log', parseBigint)
      .option('--reverse', 'newest first')
      .option('--all', 'all pages'),
  )
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}

function parseBigint(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text)
  throw new InvalidArgumentError('Allowed is a whole number from 0 on.')
}
