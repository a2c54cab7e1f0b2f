import { fromUnknown } from '@shardline/core'
import type { Terminal } from '../console/terminal.ts'
import { InterruptedError } from '../errors.ts'
import { EXIT_CODES } from '../run/exit-code.ts'
import { reportFailure } from '../run/report-failure.ts'
import type { Interrupt } from '../run/interrupt.ts'
import type { ChatPartner } from './chat-partner.ts'
import { LineReader } from './line-reader.ts'

/** Options of {@link chatLoop}. */
export interface ChatLoopInit {
  readonly session: ChatPartner
  readonly terminal: Terminal
  readonly interrupt: Interrupt
  /** Said before anything is read. */
  readonly firstPrompt: string | undefined
  /** Whether a ^C that arrives as a signal stops the answer first. At a terminal it always does. */
  readonly isSignalForAnswer: boolean
  readonly isQuiet: boolean
}

const HELP = `  /help    this list
  /stats   the stages and speeds of the last answer
  /reset   forget the chat
  /quit    leave (so does the end of the input)
  ^C       stops an answer; at the prompt it leaves
`

/** Talks until the input ends. Resolves with the number of messages that were answered. */
export async function chatLoop(init: ChatLoopInit): Promise<number> {
  const talk = new Talk(init)
  return talk.run()
}

class Talk {
  readonly #init: ChatLoopInit
  #answering: AbortController | undefined
  #answered = 0

  constructor(init: ChatLoopInit) {
    this.#init = init
  }

  async run(): Promise<number> {
    const { terminal, interrupt, firstPrompt, isSignalForAnswer } = this.#init
    using lines = new LineReader({
      terminal,
      prompt: terminal.style('stdout', 'cyan', '› '),
      onInterrupt: () => {
        if (this.#stopAnswer()) return
        terminal.print('\n')
        interrupt.stop(new InterruptedError('^C', EXIT_CODES.interrupted))
      },
    })
    if (isSignalForAnswer) interrupt.intercept(() => this.#stopAnswer())
    try {
      if (firstPrompt !== undefined) {
        if (terminal.isInteractive)
          terminal.print(`${terminal.style('stdout', 'cyan', '› ')}${firstPrompt}\n`)
        await this.#say(firstPrompt)
      }
      for (;;) {
        const line = await lines.next(interrupt.signal)
        if (line === undefined || !(await this.#take(line.trim()))) return this.#answered
      }
    } finally {
      interrupt.intercept(undefined)
    }
  }

  /** Returns whether the talk goes on. */
  async #take(line: string): Promise<boolean> {
    const { terminal, session } = this.#init
    switch (line) {
      case '':
        return true
      case '/quit':
      case '/exit':
        return false
      case '/help':
        terminal.note(HELP)
        return true
      case '/reset':
        await session.reset()
        terminal.note('The chat is forgotten.\n')
        return true
      case '/stats':
        terminal.note(session.stats ?? 'No answer yet.\n')
        return true
      default:
        if (/^\/\w+$/.test(line)) terminal.note(`There is no command ${line}; /help lists them.\n`)
        else await this.#say(line)
        return true
    }
  }

  async #say(text: string): Promise<void> {
    const { session, terminal, interrupt, isQuiet } = this.#init
    const answering = new AbortController()
    this.#answering = answering
    try {
      const { droppedMessages, picture, facts } = await session.say(text, {
        onText: (piece) => terminal.print(piece),
        signal: AbortSignal.any([answering.signal, interrupt.signal]),
      })
      this.#answered++
      terminal.print('\n')
      if (isQuiet) return
      if (droppedMessages > 0)
        terminal.note(`(the chat outgrew the context: its first ${droppedMessages} messages are forgotten)\n`)
      // The picture once; after that /stats has it.
      if (this.#answered === 1) terminal.note(`\n${picture}`)
      terminal.note(terminal.style('stderr', 'dim', facts))
    } catch (cause) {
      if (interrupt.signal.aborted) throw cause
      const error = fromUnknown(cause)
      if (!answering.signal.aborted) reportFailure(error, { terminal, isJson: false })
      // Whoever types can try again; a pipe can't, and its reader has to know.
      if (!terminal.isInteractive && !answering.signal.aborted) throw error
    } finally {
      this.#answering = undefined
    }
  }

  /** Returns whether there was an answer to stop. */
  #stopAnswer(): boolean {
    if (this.#answering === undefined || this.#answering.signal.aborted) return false
    this.#answering.abort(new InterruptedError('^C', EXIT_CODES.interrupted))
    return true
  }
}
