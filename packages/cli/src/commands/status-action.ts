import type { ScreenLine } from '../status/screen-line.ts'
import { drawStatus } from '../status/draw-status.ts'
import { looksAt } from '../status/look-at.ts'
import type { Look, LookOptions } from '../status/look-at.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline status`. */
export type StatusOptions = LookOptions & Pick<OutputOptions, 'json'>

/**
 * Prints what processes do now. Those that can't be read are named among the others.
 *
 * @throws StatusUnreachableError, StatusUnreadableError if none can be read; UsageError.
 */
export async function runStatus(
  addresses: readonly string[],
  options: StatusOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context
  const look = await (await looksAt(addresses, options, context))()
  const [first] = look.fetched
  if (first?.failure !== undefined && look.fetched.every(({ status }) => status === undefined)) {
    throw first.failure
  }
  if (options.json === true) {
    terminal.print(`${JSON.stringify(lookToJson(look))}\n`)
    return
  }
  const lines = drawStatus({ ...look, before: [] })
  const text = lines.map((line) => styledText(line, context)).join('\n')
  terminal.print(`${text.trimEnd()}\n`)
}

function styledText({ text, style }: ScreenLine, { terminal }: CommandContext): string {
  return style === undefined ? text : terminal.style('stdout', style, text)
}

function lookToJson({ fetched, market }: Look): Readonly<Record<string, unknown>> {
  return {
    statuses: fetched.map(({ address, status, failure }) => ({
      address,
      status: status ?? null,
      error: failure === undefined ? null : { code: failure.code, message: failure.message },
    })),
    market:
      market?.map(({ model, price, supply, demandTokens }) => ({
        model,
        price,
        supply_tokens_per_second: supply,
        demand_tokens: String(demandTokens),
      })) ?? null,
  }
}
