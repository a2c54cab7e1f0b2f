import { spawn } from 'node:child_process'
import { UnexpectedError } from '@shardline/core'

/** Text of standard error that ends up in a message. */
const ERROR_TEXT_CHARS_MAX = 2000

/** Options of {@link runCommand}. */
export interface RunCommandInit {
  readonly command: string
  readonly args: readonly string[]
  /** @default the current folder */
  readonly folder?: string
  /** Whether a shell looks the command up, which Windows needs for `npm`. @default false */
  readonly isShell?: boolean
}

/**
 * Runs a program to its end and resolves with what it wrote to standard output.
 *
 * @throws UnexpectedError if it can't be started or ends with another exit code than 0, with the end of its standard error.
 */
export function runCommand(init: RunCommandInit): Promise<string> {
  const { command, args, folder, isShell = false } = init
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder, shell: isShell, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errorText = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      errorText = (errorText + chunk.toString()).slice(-ERROR_TEXT_CHARS_MAX)
    })
    child.on('error', (cause) =>
      reject(new UnexpectedError(`${command} can't be started: ${cause.message}`, { cause })),
    )
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new UnexpectedError(`${command} ended with exit code ${code}: ${errorText.trim()}`))
    })
  })
}
