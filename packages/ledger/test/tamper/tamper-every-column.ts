import { generateKeyPairSync } from 'node:crypto'
import { SeededRandom } from '@shardline/core'
import type { Test } from 'tap'
import { ed25519Signer, verifyLedger } from '@shardline/ledger'
import type { LedgerDatabase, LedgerFault, Signer } from '@shardline/ledger'
import {
  disarm,
  fillForTampering,
  isNamed,
  readColumns,
  readVictims,
  tamperWith,
} from '../support/tampering.ts'
import type { Executor, Victim } from '../support/tampering.ts'
import { isSoak, testSeed } from '../support/test-ledger.ts'

/** Changes every column that the database has, one at a time and each in a row by chance (in the long form: in every row), and verifies. */
export async function tamperEveryColumn(t: Test, database: LedgerDatabase): Promise<void> {
  const random = new SeededRandom(testSeed(t))
  const signer = ed25519Signer('test.example', generateKeyPairSync('ed25519').privateKey)
  await fillForTampering(database, signer)
  const kysely = database.kysely as unknown as Executor
  await disarm(kysely)
  t.match(
    await verifyLedger(database, { key: signer }),
    { isIntact: true },
    'intact before anything is changed',
  )
  const columns = await readColumns(kysely)
  t.ok(columns.length >= 40, `${columns.length} columns`)
  let changes = 0
  for (const column of columns) {
    const wrong: string[] = []
    const victims = await readVictims(kysely, column)
    t.ok(victims.length > 0, `${column.table} has rows`)
    for (const victim of isSoak ? victims : [victims[random.integer(victims.length)]!]) {
      const fault = await verifyTampered(kysely, victim, { signer, random })
      changes++
      if (!isNamed(victim, fault)) wrong.push(`${JSON.stringify(victim.before)}: ${describe(fault)}`)
    }
    t.same(wrong, [], `a change of ${column.table}.${column.column} is found where it is`)
  }
  t.comment(`${changes} changes`)
}

class Undo extends Error {}

async function verifyTampered(
  kysely: Executor,
  victim: Victim,
  { signer, random }: { readonly signer: Signer; readonly random: SeededRandom },
): Promise<LedgerFault | undefined> {
  let fault: LedgerFault | undefined
  await kysely
    .transaction()
    .execute(async (transaction) => {
      await tamperWith(transaction, victim, random)
      const copy = { kysely: transaction } as unknown as LedgerDatabase
      fault = (await verifyLedger(copy, { key: signer })).fault
      throw new Undo()
    })
    .catch((cause: unknown) => {
      if (!(cause instanceof Undo)) throw cause
    })
  return fault
}

function describe(fault: LedgerFault | undefined): string {
  if (fault === undefined) return 'nothing found'
  return `${fault.part} ${fault.logIndex} ${fault.id} ${fault.field}: ${fault.what}`
}
