import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { RemoteError, UnexpectedError } from '@shardline/core'

/** Text of the child's standard error that is kept for messages. */
const ERROR_TEXT_CHARS_MAX = 2000

interface Waiter {
  readonly resolve: (result: unknown) => void
  readonly reject: (cause: Error) => void
}

/** A program in a process of its own that answers each JSON message `{ id, op, ... }` with `{ id, result }` or `{ id, error }`. */
export class IpcChild implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiters = new Map<number, Waiter>()
  #nextId = 1
  #errorText = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#errorText = (this.#errorText + chunk.toString()).slice(-ERROR_TEXT_CHARS_MAX)
    })
    child.on('message', (message) => this.#receive(message))
    child.on('error', (cause) => this.#failAll(cause.message))
    child.on('exit', (code, signal) => this.#failAll(`it ended (${signal ?? `exit code ${code}`})`))
  }

  /**
   * Starts a script and resolves when it sent its first message, which has the id 0.
   *
   * @throws UnexpectedError if it ends before.
   */
  static async start(path: string): Promise<IpcChild> {
    const child = new IpcChild(fork(path, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] }))
    await child.#wait(0)
    return child
  }

  /**
   * Sends a request and resolves with its result.
   *
   * @throws RemoteError with what the child reports; UnexpectedError if it ends.
   */
  call(op: string, request: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = this.#nextId++
    const answer = this.#wait(id)
    this.#child.send({ ...request, id, op })
    return answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill()
    await ended
  }

  #wait(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiters.set(id, { resolve, reject }))
  }

  #receive(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('id' in message)) return
    const waiter = this.#waiters.get(Number(message.id))
    this.#waiters.delete(Number(message.id))
    if ('error' in message) waiter?.reject(new RemoteError('BENCH_PEER', String(message.error)))
    else waiter?.resolve('result' in message ? message.result : undefined)
  }

  #failAll(why: string): void {
    const said = this.#errorText.trim()
    const error = new UnexpectedError(`the peer's process failed: ${why}${said === '' ? '' : `\n${said}`}`)
    for (const { reject } of this.#waiters.values()) reject(error)
    this.#waiters.clear()
  }
}
