import { readAvailable } from '../account/credits.ts'
import type { MarketContext } from '../context.ts'
import { marketTables } from '../database/transaction.ts'
import { checkTokens } from '../request/check-tokens.ts'
import { affordableTokens, amountOf, explainPrice } from './price-rule.ts'
import type { Quote, QuoteInit } from './quote.ts'
import { readPrice, stateOf, toModelPrice } from './read-prices.ts'

/**
 * What a request would cost if it were opened now, and why. Binds nobody: the price is locked when a request is opened.
 *
 * @throws MarketNotFoundError if there is no such model; MarketInputError
 */
export async function quoteNow(context: MarketContext, init: QuoteInit): Promise<Quote> {
  checkTokens(context, init)
  const model = await readPrice(context, marketTables(context), init.model)
  const { utilization, cause } = explainPrice(stateOf(model))
  const available = init.user === undefined ? undefined : await readAvailable(context.ledger, init.user)
  return {
    ...toModelPrice(model),
    utilization,
    because: cause,
    hold: amountOf(model.current, BigInt(init.promptTokensMax + init.outputTokensMax)),
    affordableTokens: available === undefined ? undefined : affordableTokens(model.current, available),
  }
}
