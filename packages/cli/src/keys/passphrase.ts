import { AbortedError } from '@shardline/core'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { CommandContext } from '../commands/command-context.ts'
import { InterruptedError, PassphraseMismatchError } from '../errors.ts'
import { exitCodeOfSignal } from '../run/exit-code.ts'

type PassphraseContext = Pick<CommandContext, 'config' | 'terminal' | 'interrupt'>

/** The passphrase of a key that is there: from `SHARDLINE_PASSPHRASE`, else asked for; undefined where nobody can be asked. */
export async function existingPassphrase(
  keyName: string,
  context: PassphraseContext,
): Promise<string | undefined> {
  const { config, terminal } = context
  if (config.passphrase !== undefined) return config.passphrase
  return terminal.stdin.isTTY === true ? ask(`Passphrase of ${keyName}: `, context) : undefined
}

/**
 * A passphrase for a new key: from `SHARDLINE_PASSPHRASE`, else asked for twice.
 *
 * @throws PassphraseMismatchError if nobody can be asked, or the two differ.
 */
export async function newPassphrase(keyName: string, context: PassphraseContext): Promise<string> {
  const { config, terminal } = context
  if (config.passphrase !== undefined) return config.passphrase
  if (terminal.stdin.isTTY !== true) throw new PassphraseMismatchError('there is no terminal to ask on')
  const first = await ask(`New passphrase of ${keyName}: `, context)
  const second = await ask('The same again: ', context)
  if (first === '') throw new PassphraseMismatchError('it is empty')
  if (first !== second) throw new PassphraseMismatchError('the two are not the same')
  return first
}

/** Asks on the terminal; what is typed isn't shown. */
async function ask(question: string, { terminal, interrupt }: PassphraseContext): Promise<string> {
  terminal.note(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: terminal.stdin, output: nowhere, terminal: true, historySize: 0 })
  try {
    return await new Promise<string>((resolve, reject) => {
      const give = (): void => reject(new AbortedError('asking for the passphrase', interrupt.signal.reason))
      interrupt.signal.addEventListener('abort', give, { once: true })
      lines.once('line', resolve)
      lines.once('close', give)
      // While a line is edited, ^C is a key and no signal.
      lines.once('SIGINT', () => interrupt.stop(new InterruptedError('SIGINT', exitCodeOfSignal('SIGINT'))))
    })
  } finally {
    lines.close()
    terminal.note('\n')
  }
}
