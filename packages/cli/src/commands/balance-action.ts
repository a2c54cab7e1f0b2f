import { formatCredits } from '../ledger/format-money.ts'
import { formatTable } from '../console/format.ts'
import { openIdentity } from '../keys/open-identity.ts'
import { openMarketClient } from '../market/open-market-client.ts'
import type { KeyOption } from '../options/key-option.ts'
import type { MarketOption } from '../options/market-option.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline balance`. */
export type BalanceOptions = KeyOption & MarketOption & Pick<OutputOptions, 'json'>

/** Prints what the user has. @throws what opening a key and asking a market throw. */
export async function runBalance(options: BalanceOptions, context: CommandContext): Promise<void> {
  const { terminal, interrupt } = context
  const identity = await openIdentity(options.key, context)
  const { client } = openMarketClient({ market: options.market, identity }, context)
  const { party, available, held } = await client.balance({ signal: interrupt.signal })
  if (options.json === true) {
    const printed = { party, available: String(available), held: String(held) }
    terminal.print(`${JSON.stringify(printed)}\n`)
    return
  }
  terminal.print(
    formatTable([
      ['free', `${formatCredits(available)} credits`],
      ['held', `${formatCredits(held)} credits`],
    ]),
  )
}
