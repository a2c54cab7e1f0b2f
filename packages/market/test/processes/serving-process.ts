import { once } from 'node:events'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { openDatabase } from '@shardline/ledger'
import { SqlNonceMemory, openMarket, serveMarket } from '@shardline/market'
import { crowdSettings, makeCrowd } from './crowd.ts'

// Serves a market on a database, tells its address, and ends when its input does.
const [, , url = ''] = process.argv
const crowd = await makeCrowd(0)
const components = { clock: systemClock, random: systemRandom, log: silentLog }
await using database = await openDatabase(url)
await using market = await openMarket({ ...components, database }, crowdSettings(crowd))
const nonces = new SqlNonceMemory({ database, clock: systemClock })
await using server = await serveMarket(
  { ...components, market, identity: crowd.market, nonces },
  { addressRequestsPerSecondMax: 1_000_000, partyRequestsPerSecondMax: 1_000_000 },
)
process.stdout.write(`address ${server.address}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
