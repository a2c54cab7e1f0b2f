import { partyId } from '@shardline/identity'
import { formatCredits } from '../ledger/format-money.ts'
import { openIdentity } from '../keys/open-identity.ts'
import { openMarketClient } from '../market/open-market-client.ts'
import type { KeyOption } from '../options/key-option.ts'
import type { MarketOption } from '../options/market-option.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline deposit`. */
export type DepositOptions = KeyOption &
  MarketOption &
  Pick<OutputOptions, 'json'> & { readonly id?: string | undefined }

/** What {@link runDeposit} gives, and to whom. */
export type DepositInit = DepositOptions & { readonly party: string; readonly credits: bigint }

/** Gives credits. @throws what opening a key and asking a market throw. */
export async function runDeposit(init: DepositInit, context: CommandContext): Promise<void> {
  const { terminal, interrupt } = context
  const party = partyId(init.party)
  const identity = await openIdentity(init.key, context)
  const { client } = openMarketClient({ market: init.market, identity }, context)
  const ask = { party, amount: init.credits, ...(init.id === undefined ? {} : { id: init.id }) }
  const { available, held } = await client.deposit(ask, { signal: interrupt.signal })
  if (init.json === true) {
    const printed = { party, available: String(available), held: String(held) }
    terminal.print(`${JSON.stringify(printed)}\n`)
    return
  }
  terminal.print(`${party} has ${formatCredits(available)} credits free, and ${formatCredits(held)} held\n`)
}
