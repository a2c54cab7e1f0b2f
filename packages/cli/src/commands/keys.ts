import type { Command } from 'commander'
import { DRIVER_KEY_DAYS_DEFAULT, DRIVER_KEY_DAYS_MAX } from '../limits.ts'
import { addJsonOption, addOutputOptions } from '../options/output-options.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { integerWithin } from '../options/parse-number.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { ExportKeyOptions } from './keys-export-action.ts'
import type { ImportKeyOptions } from './keys-import-action.ts'
import type { NewKeyOptions } from './keys-new-action.ts'
import type { RotateKeyOptions } from './keys-rotate-action.ts'

const NAME_MEANING = 'name of the key (default: "default")'
const PASSPHRASE_MEANING = 'protect the key with a passphrase: SHARDLINE_PASSPHRASE, else asked for'

/** Name of a key where none is given. */
export const KEY_NAME_DEFAULT = 'default'

/** Adds `shardline keys` with its five commands. */
export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program
    .command('keys')
    .description('Make, show, move and rotate the keys that say who you are.')
  addNew(keys, context)
  addShow(keys, context)
  addExport(keys, context)
  addImport(keys, context)
  addRotate(keys, context)
  addExamples(keys, [
    ['A key of your own', 'shardline keys new --passphrase'],
    ['Who am I?', 'shardline keys show'],
  ])
}

function addNew(keys: Command, context: CommandContext): void {
  const command = keys
    .command('new')
    .description('Make a new key. It is never written over another.')
    .argument('[name]', NAME_MEANING)
    .option('--passphrase', PASSPHRASE_MEANING)
  addExamples(addOutputOptions(command), [
    ['A key with a passphrase', 'shardline keys new --passphrase'],
    ['One for a driver', 'shardline keys new driver-1'],
  ])
  command.action(async (name: string | undefined, options: NewKeyOptions) => {
    const { runNewKey } = await import('./keys-new-action.ts')
    await runNewKey(name ?? KEY_NAME_DEFAULT, options, context)
  })
}

function addShow(keys: Command, context: CommandContext): void {
  const command = keys
    .command('show')
    .description('The ids of your keys. Needs no passphrase, and shows no secret.')
    .argument('[name]', 'name of the key (default: all)')
  addExamples(addJsonOption(command), [['All of them', 'shardline keys show']])
  command.action(async (name: string | undefined, options: OutputOptions) => {
    const { runShowKeys } = await import('./keys-show-action.ts')
    await runShowKeys(name, options, context)
  })
}

function addExport(keys: Command, context: CommandContext): void {
  const command = keys
    .command('export')
    .description('Write a key to a file or to standard output, protected as it is stored.')
    .argument('[name]', NAME_MEANING)
    .option('-o, --output <path>', 'write it to a new file that only you can read')
  addExamples(addOutputOptions(command), [['A copy', 'shardline keys export --output my-key.json']])
  command.action(async (name: string | undefined, options: ExportKeyOptions) => {
    const { runExportKey } = await import('./keys-export-action.ts')
    await runExportKey(name ?? KEY_NAME_DEFAULT, options, context)
  })
}

function addImport(keys: Command, context: CommandContext): void {
  const command = keys
    .command('import')
    .description('Take in a key that was exported. It is never written over another.')
    .argument('<path>', 'file of the key; - is standard input')
    .argument('[name]', NAME_MEANING)
    .option('--passphrase', `${PASSPHRASE_MEANING}; a key that has one keeps it`)
  addExamples(addOutputOptions(command), [['From another machine', 'shardline keys import my-key.json']])
  command.action(async (path: string, name: string | undefined, options: ImportKeyOptions) => {
    const { runImportKey } = await import('./keys-import-action.ts')
    await runImportKey({ path, name: name ?? KEY_NAME_DEFAULT }, options, context)
  })
}

function addRotate(keys: Command, context: CommandContext): void {
  const command = keys
    .command('rotate')
    .description('Give a driver a new encryption key. Its id stays; keys that ran out are forgotten.')
    .argument('[name]', NAME_MEANING)
    .option(
      '--days <n>',
      'days that the new key is valid',
      integerWithin({ min: 1, max: DRIVER_KEY_DAYS_MAX }),
      DRIVER_KEY_DAYS_DEFAULT,
    )
  addExamples(addOutputOptions(command), [['Every week', 'shardline keys rotate driver-1']])
  command.action(async (name: string | undefined, options: RotateKeyOptions) => {
    const { runRotateKey } = await import('./keys-rotate-action.ts')
    await runRotateKey(name ?? KEY_NAME_DEFAULT, options, context)
  })
}
