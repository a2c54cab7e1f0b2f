import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { systemClock } from '@shardline/core'
import { root } from '../../tidy/sources.ts'

/** What runs `shardline` from the sources. */
export const FROM_SOURCE: readonly string[] = [
  '--import',
  import.meta.resolve('tsx'),
  '--conditions=shardline-source',
  path.join(root, 'packages', 'cli', 'src', 'main.ts'),
]
/**
 * What keeps the test framework out of a process. Its hook listens to every signal, and ends the process by those that Node
 * ignores, as by SIGXFSZ when the disk is full.
 */
const PLAIN = ['-u', 'NODE_OPTIONS']
/** Time that a process gets to end by itself. */
const STOP_MS_MAX = 60_000
const START_MS_MAX = 300_000
/** Lines of the log that are kept of one process. */
const LINES_MAX = 20_000

/** What a process is. */
export interface ChaosProcessInit {
  readonly name: string
  /** The command and its options, without where it listens. */
  readonly args: readonly string[]
  /** What it prints on standard output when it can be used; the first group is its address. */
  readonly ready: RegExp
  /** Options that have it listen at a port; when it comes back it listens where it was. @default --listen on loopback */
  readonly listenAt?: (port: number) => readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** One structured line of a process's log. */
export interface LogLine {
  readonly msg: string
  readonly level: number
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly [field: string]: unknown
}

/** Sets the soft limit of the size of files. A process that it stops from writing gets an error from each write. */
async function setFileBytesMax(pid: number, limit: string): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${limit}`])
}

function onLoopback(port: number): readonly string[] {
  return ['--listen', `127.0.0.1:${port}`]
}

/** A `shardline` command in a process of its own, which can be killed, frozen, and started again where it was. */
export class ChaosProcess {
  readonly name: string
  /** Structured log of all its lives. */
  readonly log: LogLine[] = []
  /** What else it wrote to standard error. */
  readonly complaints: string[] = []
  readonly #init: ChaosProcessInit
  #child: ChildProcess | undefined
  #closed: Promise<unknown> | undefined
  #address = ''
  #lives = 0

  constructor(init: ChaosProcessInit) {
    this.name = init.name
    this.#init = init
  }

  /** What it said when it could be used. */
  get address(): string {
    return this.#address
  }

  get pid(): number {
    return this.#child?.pid ?? -1
  }

  /** How often it was started. */
  get lives(): number {
    return this.#lives
  }

  get isRunning(): boolean {
    const child = this.#child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** Starts it, where it was before if it was. @throws Error with what it wrote if it doesn't get there. */
  async start(): Promise<void> {
    const { args, environment, listenAt = onLoopback } = this.#init
    const line = [...FROM_SOURCE, ...args, ...listenAt(this.#port())]
    const child = spawn('env', [...PLAIN, process.execPath, ...line], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // No channel to this test: it must not count as a supervised role.
      env: { ...process.env, ...environment, NODE_CHANNEL_FD: undefined },
    })
    this.#child = child
    this.#closed = once(child, 'close')
    this.#lives += 1
    createInterface({ input: child.stderr }).on('line', (text) => this.#keep(text))
    this.#address = await this.#whenReady(child)
  }

  /** Kills it with nothing to say about it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Stops it in the middle of whatever it does; its sockets stay open. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** From now on every write to a file fails, as on a full disk; what it sends over the network still goes. Linux only. */
  async fillDisk(): Promise<void> {
    await setFileBytesMax(this.pid, '0:')
  }

  async freeDisk(): Promise<void> {
    await setFileBytesMax(this.pid, 'unlimited:')
  }

  /** Lets it end by itself, or else ends it. Resolves with whether it did. */
  async stop(): Promise<boolean> {
    this.thaw()
    const patience = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS_MAX)
    await this.#end('SIGTERM')
    clearTimeout(patience)
    return this.#child?.signalCode !== 'SIGKILL'
  }

  /** Log lines with this event, from the `from`-th line on. */
  events(name: string, from = 0): readonly LogLine[] {
    return this.log.slice(from).filter(({ msg }) => msg === name)
  }

  /** An error that says how it ended by itself, and what it wrote last. */
  async unexpectedEnd(): Promise<Error> {
    await this.#closed
    return this.failure(`ended with ${this.#child?.exitCode ?? this.#child?.signalCode}`)
  }

  /** An error that says what became of it, and what it wrote last. */
  failure(what: string): Error {
    const last = this.log.slice(-5).map((line) => JSON.stringify(line))
    return new Error(`${this.name} ${what}: ${[...this.complaints, ...last].join('\n')}`)
  }

  #port(): number {
    return this.#address === '' ? 0 : Number(new URL(this.#address).port)
  }

  async #whenReady(child: ChildProcess): Promise<string> {
    const over = new AbortController()
    const lines = createInterface({ input: child.stdout ?? process.stdin })
    const ready = new Promise<string>((resolve) => {
      lines.on('line', (text) => {
        const found = this.#init.ready.exec(text)?.[1]
        if (found !== undefined) resolve(found)
      })
    })
    const failed = new Promise<never>((_, reject) => {
      child.once('close', (code, signal) => reject(this.failure(`ended with ${code ?? signal}`)))
      void systemClock.sleep(START_MS_MAX, { signal: over.signal }).then(
        () => reject(this.failure('was not ready in time')),
        () => undefined,
      )
    })
    // It may end later, when nobody waits for it to be ready any more.
    failed.catch(() => undefined)
    try {
      return await Promise.race([ready, failed])
    } finally {
      over.abort()
    }
  }

  #keep(text: string): void {
    try {
      this.log.push(JSON.parse(text) as LogLine)
    } catch {
      this.complaints.push(text)
    }
    if (this.log.length > LINES_MAX) this.log.shift()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.isRunning) return
    const ended = new Promise((resolve) => {
      child.once('close', resolve)
    })
    child.kill(signal)
    await ended
  }
}
