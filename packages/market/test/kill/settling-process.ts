import { writeSync } from 'node:fs'
import { once } from 'node:events'
import { silentLog, systemRandom } from '@shardline/core'
import { openDatabase } from '@shardline/ledger'
import { openMarket } from '@shardline/market'
import { clockOf, furnish, lifeParties, lifeSettings, live } from './lives.ts'

// Opens the market when it's told to, sweeps what the last process left, and plays lives, several at once, until it dies.
const [, , location = ''] = process.argv
const CONCURRENCY = 8
const say = (line: string): unknown => writeSync(1, `${line}\n`)
say('warm')
const [told] = (await once(process.stdin, 'data')) as [Buffer]
const [nth = 0, first = 0] = told.toString().split(' ').map(Number)
const clock = clockOf(nth)
const parties = await lifeParties()
const database = await openDatabase(location)
const market = await openMarket(
  { database, clock, random: systemRandom, log: silentLog },
  lifeSettings(parties),
)
const { settlementsDue } = await market.stats()
say(`open ${settlementsDue}`)
await market.sweep()
await furnish(market, parties)
let next = first
const work = async (): Promise<never> => {
  for (;;) {
    const life = next++
    say(`begin ${life}`)
    say(`end ${life} ${await live(market, { life, parties, clock })}`)
  }
}
await Promise.all(Array.from({ length: CONCURRENCY }, work))
