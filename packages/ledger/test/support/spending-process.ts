import { systemClock, systemRandom } from '@shardline/core'
import { accountId, openDatabase, openLedger, timeOrderedId } from '@shardline/ledger'

// Spends by ones from an account, many calls at once, until the ledger says no; writes how often it said yes.
const [, , location = '', from = '', to = ''] = process.argv
const CONCURRENCY = 16
await using database = await openDatabase(location)
await using ledger = await openLedger({ database, clock: systemClock })
const move = {
  debitAccountId: accountId(from),
  creditAccountId: accountId(to),
  amount: 1n,
  ledger: 1,
  code: 1,
}
let count = 0
const work = async (): Promise<void> => {
  for (;;) {
    const id = timeOrderedId(systemClock, systemRandom)
    const [outcome] = await ledger.createTransfers([{ id, ...move }])
    if (outcome?.status !== 'created') return
    count++
  }
}
await Promise.all(Array.from({ length: CONCURRENCY }, work))
process.stdout.write(String(count))
