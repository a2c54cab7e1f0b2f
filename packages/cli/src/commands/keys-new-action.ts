import { openKeyStore } from '../keys/open-key-store.ts'
import { newPassphrase } from '../keys/passphrase.ts'
import { printNewKey } from '../keys/print-new-key.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline keys new`. */
export type NewKeyOptions = OutputOptions & { readonly passphrase: boolean | undefined }

/** Makes a new key. */
export async function runNewKey(
  name: string,
  options: NewKeyOptions,
  context: CommandContext,
): Promise<void> {
  const isProtected = options.passphrase === true || context.config.passphrase !== undefined
  const passphrase = isProtected ? await newPassphrase(name, context) : undefined
  printNewKey(await openKeyStore(context).create({ name, passphrase }), options, context)
}
