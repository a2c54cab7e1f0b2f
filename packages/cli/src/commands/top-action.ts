import { InterruptedError } from '../errors.ts'
import { exitCodeOfSignal } from '../run/exit-code.ts'
import { drawStatus } from '../status/draw-status.ts'
import { LiveScreen } from '../status/live-screen.ts'
import { looksAt } from '../status/look-at.ts'
import type { Look, LookOptions } from '../status/look-at.ts'
import { plainLines } from '../status/plain-lines.ts'
import { styled } from '../status/screen-line.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline top`. */
export type TopOptions = LookOptions & {
  /** Seconds between two looks. */
  readonly every: number
  /** Undefined: until it is stopped. */
  readonly count: number | undefined
}

/** Takes one look after the other. */
interface Looking {
  readonly next: () => Promise<Look>
  readonly show: (look: Look, before: Look | undefined) => void
  readonly signal: AbortSignal
}

const CTRL_C = '\u0003'

/** Shows what processes do, again and again: on a terminal as a picture, else as lines. @throws UsageError. */
export async function runTop(
  addresses: readonly string[],
  options: TopOptions,
  context: CommandContext,
): Promise<void> {
  const { config, interrupt, terminal } = context
  const next = await looksAt(addresses, options, context)
  if (terminal.stdout.isTTY !== true || config.isDumbTerminal) {
    const show: Looking['show'] = (look, before) => {
      for (const line of plainLines(look.fetched, before?.fetched ?? [])) terminal.print(`${line}\n`)
    }
    await keepLooking({ next, show, signal: interrupt.signal }, options, context)
    return
  }
  const quit = new AbortController()
  let redraw: () => void = () => undefined
  using screen = new LiveScreen(terminal, {
    onResize: () => redraw(),
    onKey: (key) => {
      if (key === 'q' || key === 'Q') quit.abort()
      // In raw mode ^C is a key like any other.
      if (key === CTRL_C) interrupt.stop(new InterruptedError('SIGINT', exitCodeOfSignal('SIGINT')))
    },
  })
  const show: Looking['show'] = (look, before) => {
    redraw = () => {
      const lines = drawStatus({ ...look, before: before?.fetched ?? [] })
      screen.draw([styled('dim', 'shardline top · q quits'), ...lines])
    }
    redraw()
  }
  await keepLooking(
    { next, show, signal: AbortSignal.any([interrupt.signal, quit.signal]) },
    options,
    context,
  )
}

async function keepLooking(
  { next, show, signal }: Looking,
  { every, count = Infinity }: TopOptions,
  { clock }: CommandContext,
): Promise<void> {
  let before: Look | undefined
  for (let looks = 0; looks < count && !signal.aborted; looks++) {
    if (looks > 0) await clock.sleep(every * 1000, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const look = await next()
    if (signal.aborted) return
    show(look, before)
    before = look
  }
}
