import { formatTable } from '../console/format.ts'
import { openKeyStore } from '../keys/open-key-store.ts'
import { keyToJson } from '../keys/print-new-key.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Shows the ids of one key, or of all. */
export async function runShowKeys(
  name: string | undefined,
  options: OutputOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, config } = context
  const store = openKeyStore(context)
  const keys = name === undefined ? await store.list() : [await store.head(name)]
  if (options.json === true) {
    terminal.print(`${JSON.stringify({ keys: keys.map(keyToJson), path: config.keyFolder })}\n`)
    return
  }
  if (keys.length === 0) {
    terminal.note(`There is no key in ${config.keyFolder}; make one with \`shardline keys new\`.\n`)
    return
  }
  const rows = keys.map((key) => [key.name, key.id, key.isProtected ? 'passphrase' : 'none'])
  terminal.print(formatTable([['name', 'id', 'protection'], ...rows]))
}
