import type { StoredKey } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import type { OutputOptions } from '../options/output-options.ts'

/** A key as `--json` shows it. */
export interface KeyJson {
  readonly name: string
  readonly id: string
  readonly is_protected: boolean
}

/** A key for `--json`. */
export function keyToJson({ name, id, isProtected }: StoredKey): KeyJson {
  return { name, id, is_protected: isProtected }
}

/** Prints a key that was made or taken in: its id as the result, where it is beside it. */
export function printNewKey(key: StoredKey, options: OutputOptions, context: CommandContext): void {
  const { terminal, config } = context
  if (options.json === true) {
    terminal.print(`${JSON.stringify({ ...keyToJson(key), path: config.keyFolder })}\n`)
    return
  }
  terminal.print(`${key.id}\n`)
  if (options.quiet === true) return
  const how = key.isProtected ? 'protected by its passphrase' : 'protected only by its permissions'
  terminal.note(
    `The key "${key.name}" is in ${config.keyFolder}, ${how}. Keep a copy: it can't be made again.\n`,
  )
}
