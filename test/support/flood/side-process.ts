import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Options of a {@link SideProcess}. */
export interface SideProcessOptions {
  /** It stands for machines of others: what it computes itself, in all its threads, gives way to all else here. */
  readonly isElsewhere?: boolean
}

/**
 * A process beside the test that reports what it sees. It is a plain one: the test's own tracks each promise, which makes
 * garbage that no process of a user has.
 */
export class SideProcess<Report> implements AsyncDisposable {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #latest: Report | undefined

  /** Starts a module of this folder; it gets the plan as JSON, in its first argument. */
  constructor(name: string, plan: unknown, options: SideProcessOptions = {}) {
    this.#name = name
    const loader = ['--import', import.meta.resolve('tsx'), '--conditions=shardline-source']
    const how =
      options.isElsewhere === true
        ? { execPath: 'nice', execArgv: ['-n', '19', process.execPath, ...loader] }
        : { execArgv: loader }
    const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
    this.#child = fork(script, [JSON.stringify(plan)], how)
    this.#closed = once(this.#child, 'close')
    this.#child.on('message', (report) => {
      this.#latest = report as Report
    })
  }

  /** What it reported last. @throws Error before its first report */
  get latest(): Report {
    if (this.#latest === undefined) throw new Error(`${this.#name} has reported nothing yet`)
    return this.#latest
  }

  /** Its next report. @throws Error if it ends before */
  async next(): Promise<Report> {
    if (this.#child.exitCode !== null) throw new Error(`${this.#name} has ended`)
    const report = once(this.#child, 'message')
    const ended = this.#closed.then(() => {
      throw new Error(`${this.#name} has ended`)
    })
    const [value] = (await Promise.race([report, ended])) as [Report]
    return value
  }

  send(message: string | object): void {
    this.#child.send(message)
  }

  /** Ends it, whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }
}
