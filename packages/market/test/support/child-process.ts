import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** A process of a test that is told things line by line, and answers so. */
export class TestProcess implements AsyncDisposable {
  readonly lines: string[] = []
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #closed: Promise<unknown>
  #errors = ''
  #wake = (): void => undefined

  /** @param script beside the caller's module, whose `import.meta.url` is `base`. */
  constructor(script: string, base: string, args: readonly string[] = []) {
    const path = fileURLToPath(new URL(script, base))
    const all = ['--import', 'tsx', '--conditions=shardline-source', path, ...args]
    this.#child = spawn(process.execPath, all, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#closed = once(this.#child, 'close').then(() => this.#wake())
    this.#child.stdin.on('error', () => undefined)
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text))
    let pending = ''
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (pending + text).split('\n')
      pending = lines.pop() ?? ''
      this.lines.push(...lines)
      this.#wake()
    })
  }

  /** Waits for a line that begins so. @throws Error if the process ends before. */
  async line(start: string): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => line.startsWith(start))
      if (found !== undefined) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`the process ended by itself: ${this.#errors}`)
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  /** Ends it at once, whatever it's doing. @throws Error if it had ended by itself. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null) throw new Error(`the process ended by itself: ${this.#errors}`)
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#closed
  }
}
