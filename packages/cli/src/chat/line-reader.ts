import { createInterface } from 'node:readline'
import type { Interface } from 'node:readline'
import { Mailbox } from '@shardline/core'
import { AbortedError } from '@shardline/core'
import type { Terminal } from '../console/terminal.ts'
import { CHAT_LINES_WAITING_MAX } from '../limits.ts'

/** Options of a {@link LineReader}. */
export interface LineReaderInit {
  readonly terminal: Terminal
  /** Shown where a line is awaited, on a terminal. */
  readonly prompt: string
  /** ^C on a terminal, where it is a key and no signal while lines are edited. */
  readonly onInterrupt: () => void
}

/** Reads what is typed or piped in, line by line. Lines that come during an answer wait for their turn. */
export class LineReader implements Disposable {
  readonly #interface: Interface
  readonly #lines = new Mailbox<string>({ entriesMax: CHAT_LINES_WAITING_MAX })
  readonly #isInteractive: boolean
  #ready: string[] = []

  constructor(init: LineReaderInit) {
    const { stdin, stdout, isInteractive } = init.terminal
    this.#isInteractive = isInteractive
    this.#interface = createInterface({
      input: stdin,
      prompt: init.prompt,
      terminal: isInteractive,
      ...(isInteractive ? { output: stdout } : {}),
    })
    this.#interface.on('line', (line) => {
      this.#lines.put(line)
      // A file of a million lines must wait in its pipe, not here.
      if (!this.#isInteractive && this.#lines.size >= CHAT_LINES_WAITING_MAX / 2) this.#interface.pause()
    })
    this.#interface.on('close', () => this.#lines.close())
    this.#interface.on('SIGINT', init.onInterrupt)
  }

  /**
   * The next line, or undefined at the end of the input.
   *
   * @throws AbortedError when `signal` aborts first.
   */
  async next(signal: AbortSignal): Promise<string | undefined> {
    if (this.#ready.length === 0) {
      if (this.#isInteractive) this.#interface.prompt()
      this.#interface.resume()
      this.#ready = [...(await raceAbort(this.#lines.takeAll(), signal))]
    }
    return this.#ready.shift()
  }

  [Symbol.dispose](): void {
    this.#interface.close()
  }
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new AbortedError('waiting for a line', signal.reason))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
