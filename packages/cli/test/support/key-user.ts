import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runCommand } from './command.ts'
import type { CommandResult } from './command.ts'

/** A user with a key folder that isn't there yet. */
export class KeyUser implements AsyncDisposable {
  readonly home: string = mkdtempSync(path.join(tmpdir(), 'shardline-keys-'))
  readonly folder: string = path.join(this.home, 'config', 'keys')

  run(
    args: readonly string[],
    options: { passphrase?: string; stdin?: string } = {},
  ): Promise<CommandResult> {
    return runCommand(['keys', ...args], {
      cache: path.join(this.home, 'cache'),
      env: { SHARDLINE_KEYS: this.folder, SHARDLINE_PASSPHRASE: options.passphrase ?? '' },
      stdin: options.stdin ?? '',
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true })
  }
}

/** What a command that worked printed as JSON. */
export function jsonOf(result: CommandResult): Readonly<Record<string, unknown>> {
  if (result.code !== 0) throw new Error(result.stderr)
  return JSON.parse(result.stdout) as Readonly<Record<string, unknown>>
}
