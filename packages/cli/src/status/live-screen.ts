import type { Terminal } from '../console/terminal.ts'
import type { ScreenLine } from './screen-line.ts'

const ENTER = '\u001B[?1049h\u001B[?25l'
const LEAVE = '\u001B[?25h\u001B[?1049l'
const HOME = '\u001B[H'
const CLEAR_LINE_END = '\u001B[K'
const CLEAR_BELOW = '\u001B[J'
/** Terminals that know these show a frame when all of it is there; others pass over them. */
const FRAME_BEGIN = '\u001B[?2026h'
const FRAME_END = '\u001B[?2026l'
const COLUMNS_DEFAULT = 80
const ROWS_DEFAULT = 24

/** What a {@link LiveScreen} tells. */
export interface LiveScreenInit {
  /** A key was pressed; ^C comes as `\u0003`. */
  readonly onKey: (key: string) => void
  /** The terminal has another size. */
  readonly onResize: () => void
}

/**
 * Draws frames on the terminal's other screen, so that what was there before comes back. A frame is written at once over
 * the one before, and only what is left of that is cleared: nothing flickers.
 */
export class LiveScreen implements Disposable {
  readonly #terminal: Terminal
  readonly #init: LiveScreenInit
  readonly #onData = (chunk: Buffer | string): void => {
    for (const key of String(chunk)) this.#init.onKey(key)
  }

  constructor(terminal: Terminal, init: LiveScreenInit) {
    this.#terminal = terminal
    this.#init = init
    const { stdin, stdout } = terminal
    terminal.print(ENTER)
    stdout.on('resize', init.onResize)
    if (stdin.isTTY === true) {
      stdin.setRawMode?.(true)
      stdin.on('data', this.#onData).resume()
    }
  }

  /** Shows as many of the lines as there is room for. */
  draw(lines: readonly ScreenLine[]): void {
    // Missing where a stream only says that it is a terminal.
    const size: Partial<Record<'columns' | 'rows', number>> = this.#terminal.stdout
    const { columns = COLUMNS_DEFAULT, rows = ROWS_DEFAULT } = size
    const shown = lines.slice(0, rows).map(({ text, style }) => {
      const cut = text.slice(0, columns)
      return `${style === undefined ? cut : this.#terminal.style('stdout', style, cut)}${CLEAR_LINE_END}`
    })
    const rest = shown.length < rows ? `\r\n${CLEAR_BELOW}` : ''
    this.#terminal.print(`${FRAME_BEGIN}${HOME}${shown.join('\r\n')}${rest}${FRAME_END}`)
  }

  /** Gives the terminal back as it was. */
  [Symbol.dispose](): void {
    const { stdin, stdout } = this.#terminal
    stdout.off('resize', this.#init.onResize)
    if (stdin.isTTY === true) {
      stdin.off('data', this.#onData).pause()
      stdin.setRawMode?.(false)
    }
    this.#terminal.print(LEAVE)
  }
}
