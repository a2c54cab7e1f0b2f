import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { UnexpectedError } from '@shardline/core'

/** The `shardline` command as it was built. */
const COMMAND = fileURLToPath(new URL('main.js', import.meta.resolve('@shardline/cli')))
const START_MS_MAX = 120_000
const STOP_MS_MAX = 15_000
const ERROR_CHARS_MAX = 2000

/** Options of a {@link Role}. */
export interface RoleInit {
  readonly role: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** What it prints once it can be used; the first group is the address. */
  readonly ready: RegExp
}

/** A role in a process of its own that can be killed and started again. */
export class Role {
  readonly name: string
  readonly #init: RoleInit
  #child: ChildProcess | undefined
  #address = ''

  constructor(init: RoleInit) {
    this.name = init.role
    this.#init = init
  }

  /** What it printed. */
  get address(): string {
    return this.#address
  }

  get pid(): number {
    return this.#child?.pid ?? -1
  }

  /** Starts it; resolves when it says that it can be used. `listen` starts it where it was before. @throws UnexpectedError. */
  async start(): Promise<void> {
    const { args, environment, ready, role } = this.#init
    const child = spawn(process.execPath, [COMMAND, ...args, ...this.#sameListen()], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let output = ''
    let errors = ''
    this.#address = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new UnexpectedError(`${role} ${why}: ${errors.trim()}`))
      const timer = setTimeout(() => fail('did not start in time'), START_MS_MAX)
      child.stderr.on(
        'data',
        (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-ERROR_CHARS_MAX)),
      )
      child.stdout.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-ERROR_CHARS_MAX)
        const found = ready.exec(output)?.[1]
        if (found === undefined) return
        clearTimeout(timer)
        resolve(found)
      })
      child.once('close', (code) => {
        clearTimeout(timer)
        fail(`ended with exit code ${code}`)
      })
    })
  }

  /** Kills it with nothing to say about it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Lets it end by itself. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS_MAX)
    await this.#end('SIGTERM')
    clearTimeout(timer)
  }

  /** Resident memory in MiB and open handles; undefined while it doesn't run. Linux only. */
  async measure(): Promise<{ readonly residentMib: number; readonly handles: number } | undefined> {
    try {
      const status = await readFile(`/proc/${this.pid}/status`, 'utf8')
      const handles = await readdir(`/proc/${this.pid}/fd`)
      const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
      return Number.isFinite(kib) ? { residentMib: kib / 1024, handles: handles.length } : undefined
    } catch {
      return undefined
    }
  }

  /** A role that comes back is found where it was. */
  #sameListen(): readonly string[] {
    const place = /:\/\/([^/#]+)/.exec(this.#address)?.[1]
    return place === undefined ? [] : ['--listen', place]
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => {
      child.once('close', resolve)
    })
    child.kill(signal)
    await ended
  }
}
