import { writeSync } from 'node:fs'
import { systemClock } from '@shardline/core'
import { derivedId, openDatabase, openLedger } from '@shardline/ledger'
import { DEPOSIT, PARTIES, partyInits, settle } from './settlement.ts'

// Settles requests from a number on, several at once, and tells each when the ledger said that it is done. Never ends.
const [, , location = '', from = '0'] = process.argv
const CONCURRENCY = 8
const database = await openDatabase(location)
const ledger = await openLedger({ database, clock: systemClock })
await ledger.createAccounts(partyInits())
await ledger.createTransfers([
  {
    id: derivedId('kill/deposit'),
    debitAccountId: PARTIES.bank,
    creditAccountId: PARTIES.payer,
    amount: DEPOSIT,
    ledger: 1,
    code: 1,
  },
])
let next = Number(from)
const work = async (): Promise<never> => {
  for (;;) {
    const request = next++
    await settle(ledger, request)
    writeSync(1, `${request}\n`)
  }
}
await Promise.all(Array.from({ length: CONCURRENCY }, work))
