import { openKeyStore } from '../keys/open-key-store.ts'
import { existingPassphrase } from '../keys/passphrase.ts'
import { formatTimeNs } from '../ledger/format-time.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline keys rotate`. */
export type RotateKeyOptions = OutputOptions & { readonly days: number }

const DAY_MS = 24 * 3_600_000
const NS_PER_MS = 1_000_000n

/** Gives a driver a new encryption key. */
export async function runRotateKey(
  name: string,
  options: RotateKeyOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context
  const store = openKeyStore(context)
  const { isProtected } = await store.head(name)
  const passphrase = isProtected ? await existingPassphrase(name, context) : undefined
  const { entry } = await store.rotate({ name, passphrase }, { validMs: options.days * DAY_MS })
  if (options.json === true) {
    terminal.print(`${JSON.stringify(entry)}\n`)
    return
  }
  terminal.print(`${entry.encryptionKey}\n`)
  if (options.quiet === true) return
  const until = formatTimeNs(BigInt(entry.validUntilMs) * NS_PER_MS)
  terminal.note(`Encryption key ${entry.sequence} of ${entry.driverId} is valid until ${until}.\n`)
}
