import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const MODEL: string = fileURLToPath(new URL('../../../../models/storyteller', import.meta.url))

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const NODE_ARGUMENTS = ['--import', import.meta.resolve('tsx'), '--conditions=shardline-source']

export interface CommandOptions {
  readonly cache: string
  /** Piped in. @default '' */
  readonly stdin?: string
  /** Whether the pipe stays open. @default false */
  readonly isStdinOpen?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Folder that it runs in. @default the test's */
  readonly cwd?: string
}

export interface CommandResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Characters of what a command wrote last that a failure shows. */
const SHOWN_CHARACTERS = 2_000

/** A running `shardline` command. */
export class RunningCommand implements AsyncDisposable {
  readonly child: ChildProcess
  readonly #args: readonly string[]
  readonly ended: Promise<CommandResult>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], options: CommandOptions) {
    this.#args = args
    this.child = spawn(process.execPath, [...NODE_ARGUMENTS, MAIN, ...args], {
      // No channel to this test: it must not count as a supervised role.
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: options.cwd,
      env: { ...process.env, NODE_CHANNEL_FD: undefined, SHARDLINE_CACHE: options.cache, ...options.env },
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.child.stdin?.on('error', () => undefined)
    if (options.isStdinOpen !== true) this.child.stdin?.end(options.stdin ?? '')
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  get pid(): number {
    return this.child.pid ?? -1
  }

  /**
   * Resolves when `pattern` was written; rejects, with the last lines, if the command ends before, or one of those that it
   * needs for that.
   */
  async untilWritten(
    stream: 'stdout' | 'stderr',
    pattern: RegExp,
    needs: readonly RunningCommand[] = [],
  ): Promise<RegExpExecArray> {
    const ends = [this, ...needs].map((one) => one.ended.then(() => one))
    for (;;) {
      const match = pattern.exec(this[stream])
      if (match !== null) return match
      const over = await Promise.race([...ends, sleep(20)])
      if (over !== undefined && pattern.exec(this[stream]) === null) {
        throw new Error(
          `${over.#lastWords()}\nThe test waited for ${String(pattern)} of:\n${this.#lastWords()}`,
        )
      }
    }
  }

  #lastWords(): string {
    const { exitCode, signalCode } = this.child
    const ended = exitCode === null && signalCode === null ? 'runs' : `ended with ${exitCode ?? signalCode}`
    const last = (text: string): string => text.slice(-SHOWN_CHARACTERS)
    return `shardline ${this.#args.join(' ')} ${ended}: ${last(this.stdout)} ${last(this.stderr)}`
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.ended
  }
}

/** Runs a `shardline` command to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  await using command = new RunningCommand(args, options)
  return await command.ended
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
