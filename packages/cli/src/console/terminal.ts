import { styleText } from 'node:util'
import type { ColourChoice } from '../config.ts'

/** Colours and weights that the output uses. */
export type TextStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** What a {@link Terminal} writes to and reads from. */
export interface TerminalInit {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly colour: ColourChoice
  readonly isDumb: boolean
  /** Called once when nobody reads standard output any more. */
  readonly onOutputClosed: () => void
}

/**
 * The three standard streams. Results go to `print`, everything said to people beside them to `note`,
 * so that a pipe gets the result alone. A reader that goes away (`| head`) ends the output, never with a stack trace.
 */
export class Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly #colour: ColourChoice
  readonly #isDumb: boolean
  #isOutputOpen = true

  constructor(init: TerminalInit) {
    this.stdin = init.stdin
    this.stdout = init.stdout
    this.stderr = init.stderr
    this.#colour = init.colour
    this.#isDumb = init.isDumb
    init.stdout.on('error', () => {
      if (!this.#isOutputOpen) return
      this.#isOutputOpen = false
      init.onOutputClosed()
    })
    // Without a listener, a closed error stream would end the process before it has cleaned up.
    init.stderr.on('error', () => undefined)
  }

  /** False once nobody reads standard output any more. */
  get isOutputOpen(): boolean {
    return this.#isOutputOpen
  }

  /** Whether a person sits there: what is typed and what is printed both go through a terminal. */
  get isInteractive(): boolean {
    return this.stdin.isTTY === true && this.stdout.isTTY === true
  }

  /** Whether standard error can redraw a line. */
  get canRedraw(): boolean {
    return this.stderr.isTTY === true && !this.#isDumb
  }

  /** Writes to standard output. */
  print(text: string): void {
    if (this.#isOutputOpen) this.stdout.write(text)
  }

  /** Writes to standard error. */
  note(text: string): void {
    this.stderr.write(text)
  }

  /** Styles text that goes to `stream`, where that is wanted. */
  style(stream: 'stdout' | 'stderr', style: TextStyle, text: string): string {
    const isOn = this.#colour === 'always' || (this.#colour === 'auto' && this[stream].isTTY === true)
    return isOn ? styleText(style, text, { validateStream: false }) : text
  }

  /** Resolves when all that was written has been handed over to the system. */
  async flush(): Promise<void> {
    for (const stream of [this.stdout, this.stderr]) {
      if (stream.destroyed || stream.writableLength === 0) continue
      await new Promise<void>((resolve) => {
        stream.once('error', () => resolve())
        stream.write('', () => resolve())
      })
    }
  }
}
