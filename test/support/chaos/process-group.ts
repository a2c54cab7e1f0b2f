import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { systemRandom } from '@shardline/core'
import { identityFromSeed, SEED_BYTES, writeKeyFile } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { sharedCacheFolder } from '../test-models.ts'
import { ChaosProcess, FROM_SOURCE } from './chaos-process.ts'
import type { ChaosProcessInit } from './chaos-process.ts'

/** Marks every process of one group in its environment, and so those that it starts. */
const MARK = 'SHARDLINE_TEST_GROUP'

/** The processes of one test, with a key folder of their own. All of them end with it. */
export class ProcessGroup implements AsyncDisposable {
  /** Where its files are; removed at the end. */
  readonly folder: string
  readonly #mark = randomUUID()
  readonly #processes: ChaosProcess[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<ProcessGroup> {
    const folder = await mkdtemp(path.join(tmpdir(), 'shardline-chaos-'))
    await mkdir(path.join(folder, 'keys'), { mode: 0o700 })
    return new ProcessGroup(folder)
  }

  get processes(): readonly ChaosProcess[] {
    return this.#processes
  }

  /** A key that processes of this group can use by its name. */
  async createKey(name: string): Promise<Identity> {
    const seed = systemRandom.bytes(SEED_BYTES)
    const file = await writeKeyFile({ seed, driverKeys: [] }, { random: systemRandom })
    await writeFile(path.join(this.folder, 'keys', `${name}.key`), file, { mode: 0o600 })
    return identityFromSeed(seed)
  }

  /** Runs a command to its end. Resolves with what it wrote to standard output. @throws Error if it fails. */
  async run(args: readonly string[]): Promise<string> {
    const done = await promisify(execFile)(process.execPath, [...FROM_SOURCE, ...args], {
      env: { ...process.env, ...this.#environment, SHARDLINE_LOG: 'silent' },
    })
    return done.stdout
  }

  /** Starts a process; resolves when it can be used. */
  async start(init: ChaosProcessInit): Promise<ChaosProcess> {
    const environment = { ...this.#environment, ...init.environment }
    const started = new ChaosProcess({ ...init, environment })
    this.#processes.push(started)
    await started.start()
    return started
  }

  get #environment(): Readonly<Record<string, string>> {
    return {
      SHARDLINE_CACHE: sharedCacheFolder(),
      SHARDLINE_DATA: path.join(this.folder, 'data'),
      SHARDLINE_KEYS: path.join(this.folder, 'keys'),
      SHARDLINE_LOG: 'info',
      [MARK]: this.#mark,
    }
  }

  /**
   * Command lines of the processes that are still there, children of children included. Where the system doesn't list
   * environments, only those that it started are looked at.
   */
  leftOver(): readonly string[] {
    const own = this.#processes.filter(({ isRunning }) => isRunning).map(({ name }) => name)
    if (process.platform !== 'linux') return own
    return readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && readOf(pid, 'environ').includes(`${MARK}=${this.#mark}`))
      .map((pid) => `${pid} ${readOf(pid, 'cmdline').replaceAll('\0', ' ')}`)
  }

  /** Lets all end, the last that was started first, and then says what is left. */
  async stop(): Promise<readonly string[]> {
    for (const one of this.#processes.toReversed()) await one.stop()
    return this.leftOver()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.kill()))
    await rm(this.folder, { recursive: true, force: true })
  }
}

function readOf(pid: string, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended since, or belongs to somebody else.
    return ''
  }
}
