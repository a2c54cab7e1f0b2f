import { KEY_FILE_BYTES_MAX, readKeyFile, readKeyFileHead } from '@shardline/identity'
import { openKeyStore } from '../keys/open-key-store.ts'
import { existingPassphrase, newPassphrase } from '../keys/passphrase.ts'
import { printNewKey } from '../keys/print-new-key.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { readText } from '../prompt/read-text.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline keys import`. */
export type ImportKeyOptions = OutputOptions & { readonly passphrase: boolean | undefined }

/** Takes in a key that was exported. */
export async function runImportKey(
  from: { readonly path: string; readonly name: string },
  options: ImportKeyOptions,
  context: CommandContext,
): Promise<void> {
  const text = await readText(from.path, context.terminal, KEY_FILE_BYTES_MAX)
  const bytes = new TextEncoder().encode(text)
  const { isProtected } = readKeyFileHead(bytes)
  const isNewlyProtected = options.passphrase === true || context.config.passphrase !== undefined
  let passphrase: string | undefined
  if (isProtected) passphrase = await existingPassphrase(from.path, context)
  else if (isNewlyProtected) passphrase = await newPassphrase(from.name, context)
  const keys = await readKeyFile(bytes, passphrase)
  printNewKey(await openKeyStore(context).import({ name: from.name, passphrase }, keys), options, context)
}
