import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { AbortedError, RemoteError } from '@shardline/core'
import type { ShardlineError } from '@shardline/core'
import { roleEnvironment } from '../config.ts'
import type { Config } from '../config.ts'
import { InterruptedError, RoleEndedError, RoleStartTimeoutError } from '../errors.ts'
import { ROLE_ERROR_LINES_MAX, ROLE_START_MS_MAX, ROLE_STOP_MS_MAX } from '../limits.ts'
import { findRoleEntry } from './entry.ts'
import { EXIT_CODES } from '../run/exit-code.ts'
import type { ErrorReport } from '../run/error-report.ts'
import { formatPeerAddress } from '@shardline/node'
import type { RoleKey } from './role-key.ts'
import { keyMessage, parseRoleMessage } from './role-message.ts'
import type { SupervisorMessage } from './role-message.ts'

/** Options of {@link startRoleProcess}. */
export interface RoleProcessInit {
  /** Such as `worker-1`, for messages. */
  readonly name: string
  /** The command and its options, such as `['worker', '--listen', '127.0.0.1:0']`. */
  readonly commandLine: readonly string[]
  /** Whether it shares this process's terminal; else its output goes line by line to `onLine`. */
  readonly isForeground: boolean
  /** Who it is. */
  readonly key: RoleKey
  /** Ids of who may connect to it. */
  readonly allow: readonly string[]
  readonly onLine: (line: string) => void
  /** Where it keeps and finds models, and keys that it is told the names of. */
  readonly models: Pick<Config, 'cacheFolder' | 'hub'> & Partial<Pick<Config, 'keyFolder'>>
  readonly signal: AbortSignal | undefined
  /** Infinity waits as long as it takes. @default ROLE_START_MS_MAX */
  readonly startMsMax?: number
  /** @default ROLE_STOP_MS_MAX */
  readonly stopMsMax?: number
}

const INTERRUPTED_CODE: InterruptedError['code'] = 'CLI_INTERRUPTED'

/** How a process ended. */
export interface RoleEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it failed, if it said so. */
  readonly report: ErrorReport | undefined
}

/** One role in a process of its own, which ends with this one at the latest. */
export class RoleProcess {
  readonly name: string
  readonly address: string
  /** The same with its id: whoever dials this reaches it or nobody. */
  readonly dialAddress: string
  readonly pid: number
  /** Resolves, never rejects, when the process has ended. */
  readonly ended: Promise<RoleEnd>
  readonly #child: ChildProcess
  readonly #stopMsMax: number

  /** @internal Use {@link startRoleProcess}. */
  constructor(
    init: RoleProcessInit,
    child: ChildProcess,
    born: { address: string; ended: Promise<RoleEnd> },
  ) {
    this.name = init.name
    this.address = born.address
    this.dialAddress = formatPeerAddress(born.address, init.key.identity.publicKey)
    this.ended = born.ended
    this.pid = child.pid ?? -1
    this.#child = child
    this.#stopMsMax = init.stopMsMax ?? ROLE_STOP_MS_MAX
  }

  /** Asks the process to end and waits for it; ends it after a while. May be called twice. */
  stop(): Promise<void> {
    return endChild(this.#child, { ended: this.ended, stopMsMax: this.#stopMsMax })
  }
}

/**
 * Starts a role process and resolves when it says that it is ready.
 *
 * @throws RemoteError with its code if it reports a failure; RoleEndedError if it ends; RoleStartTimeoutError;
 * AbortedError. The process has ended then.
 */
export async function startRoleProcess(init: RoleProcessInit): Promise<RoleProcess> {
  if (init.signal?.aborted === true) throw new AbortedError(`the start of ${init.name}`, init.signal.reason)
  const entry = findRoleEntry(init.commandLine[0])
  const child = fork(entry.path, [...init.commandLine], {
    execArgv: [...entry.nodeArguments],
    env: roleEnvironment(init.models),
    stdio: init.isForeground ? ['inherit', 'inherit', 'inherit', 'ipc'] : ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const watch = new ChildWatch(child, init.onLine)
  // It may have ended already; that shows as its end.
  child.send(keyMessage({ seed: init.key.seed, allow: init.allow }), () => undefined)
  try {
    const address = await whenReady(watch, init)
    return new RoleProcess(init, child, { address, ended: watch.ended })
  } catch (cause) {
    await endChild(child, { ended: watch.ended, stopMsMax: init.stopMsMax ?? ROLE_STOP_MS_MAX })
    throw cause
  }
}

/** Says how a process ended, for people. */
export function describeEnd(end: RoleEnd): string {
  return end.signal === null ? `exit code ${end.code ?? 'unknown'}` : `signal ${end.signal}`
}

/** What a child says and how it ends. */
class ChildWatch {
  /** Its address, once it is ready. */
  readonly ready: Promise<string>
  /** Resolves, never rejects, when it has ended. */
  readonly ended: Promise<RoleEnd>
  readonly #lines: string[] = []
  #report: ErrorReport | undefined

  constructor(child: ChildProcess, onLine: (line: string) => void) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line)
        if (this.#lines.length > ROLE_ERROR_LINES_MAX) this.#lines.shift()
        onLine(line)
      })
    }
    this.ready = new Promise((resolve) => {
      child.on('message', (value) => {
        const message = parseRoleMessage(value)
        if (message?.kind === 'ready') resolve(message.address)
        if (message?.kind === 'failed') this.#report = message.report
      })
    })
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, report: this.#report }))
      child.once('error', () => resolve({ code: null, signal: null, report: this.#report }))
    })
  }

  /** Its last words, for a message. */
  get lastWords(): string {
    return this.#lines.length === 0 ? '' : `; it said: ${this.#lines.join(' | ')}`
  }
}

async function whenReady(watch: ChildWatch, init: RoleProcessInit): Promise<string> {
  const startMsMax = init.startMsMax ?? ROLE_START_MS_MAX
  const over = new AbortController()
  const failed = new Promise<never>((_resolve, reject) => {
    void watch.ended.then((end) => reject(endToError(init.name, end, watch.lastWords)))
    init.signal?.addEventListener(
      'abort',
      () => reject(new AbortedError(`the start of ${init.name}`, init.signal?.reason)),
      { signal: over.signal },
    )
    if (!Number.isFinite(startMsMax)) return
    const timer = setTimeout(() => reject(new RoleStartTimeoutError(init.name, startMsMax)), startMsMax)
    over.signal.addEventListener('abort', () => clearTimeout(timer))
  })
  try {
    return await Promise.race([watch.ready, failed])
  } finally {
    over.abort()
  }
}

/** The error that a process's end means, where nobody asked it to end. */
export function endToError(name: string, end: RoleEnd, lastWords = ''): ShardlineError {
  if (end.report?.code === INTERRUPTED_CODE) {
    return new InterruptedError('^C', end.code ?? EXIT_CODES.interrupted)
  }
  if (end.report !== undefined) return new RemoteError(end.report.code, end.report.message, { role: name })
  return new RoleEndedError(name, `${describeEnd(end)}${lastWords}`)
}

interface EndInit {
  readonly ended: Promise<RoleEnd>
  readonly stopMsMax: number
}

async function endChild(child: ChildProcess, init: EndInit): Promise<void> {
  if (child.connected) {
    const order: SupervisorMessage = { kind: 'stop' }
    // It may end between the question and the order; then there is nothing left to do.
    child.send(order, () => undefined)
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), init.stopMsMax)
  await init.ended
  clearTimeout(timer)
  if (child.connected) child.disconnect()
}
