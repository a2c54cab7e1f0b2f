/**
 * The drivers of a market as one source of answers: chooses one, holds credits, seals, asks, verifies, acknowledges, and
 * asks another one when it was lost.
 *
 * ```ts
 * import { connectMarketSource, textAsk } from '@shardline/client'
 *
 * const components = { transport, clock, random, log }
 * await using source = await connectMarketSource(components, { url: 'https://market.example', identity, historyKey })
 * const answer = source.ask(textAsk('Tell me a story.', { model: 'smollm2-135m/q4' }))
 * for await (const event of answer) if (event.type === 'piece') process.stdout.write(event.text)
 * const { billed, payment } = await answer.report
 * console.log(`${billed} microcredits`, payment?.settlement?.payouts)
 * ```
 */
export * from './connect-market-source.ts'
export { MarketAnswerSource } from './market-answer-source.ts'
export type { MarketSourceComponents } from './market-answer-source.ts'
export type { MarketSourceOptions } from './market-source-options.ts'
export * from './source-errors.ts'
export * from './source-limits.ts'
export type { MarketSourceLimits } from './source-settings.ts'
