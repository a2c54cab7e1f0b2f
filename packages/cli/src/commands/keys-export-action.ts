import { readKeyFileHead } from '@shardline/identity'
import { writeFile } from 'node:fs/promises'
import { OutputUnwritableError } from '../errors.ts'
import { openKeyStore } from '../keys/open-key-store.ts'
import type { OutputOptions } from '../options/output-options.ts'
import { systemReason } from '../run/system-reason.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline keys export`. */
export type ExportKeyOptions = OutputOptions & { readonly output: string | undefined }

const FILE_MODE = 0o600

/** Writes a key's file to standard output, or to a new file. */
export async function runExportKey(
  name: string,
  options: ExportKeyOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context
  const bytes = await openKeyStore(context).export(name)
  const { id, isProtected } = readKeyFileHead(bytes)
  if (options.output === undefined) {
    terminal.print(`${Buffer.from(bytes).toString('utf8')}\n`)
  } else {
    await writeNew(options.output, bytes)
    if (options.json === true) {
      terminal.print(`${JSON.stringify({ name, id, is_protected: isProtected, path: options.output })}\n`)
    }
  }
  if (isProtected || options.quiet === true || options.json === true) return
  terminal.note('This key has no passphrase: whoever reads it can act as you.\n')
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: 'wx', mode: FILE_MODE })
  } catch (cause) {
    throw new OutputUnwritableError(path, systemReason(cause), cause)
  }
}
