import { SeededRandom } from '@shardline/core'
import { formatVerifierKey, openDatabase } from '@shardline/ledger'
import {
  disarm,
  fillForTampering,
  isNamed,
  readColumns,
  readVictims,
  tamperWith,
} from '@shardline/ledger/testing'
import type { Executor } from '@shardline/ledger/testing'
import type { Test } from 'tap'
import { fixtureSigner } from '../support/fixture-ledger.ts'
import type { LedgerPlace } from '../support/ledger-place.ts'
import { runHere } from '../support/run-here.ts'

interface PrintedFault {
  readonly part: 'entry'
  readonly index: string | null
  readonly field: string
}

/** For a column of each table by chance, in the long form for each column that the database has: copies a ledger, changes the column in a row by chance, and runs `ledger verify`. */
export async function ledgerTamperSuite(t: Test, place: LedgerPlace): Promise<void> {
  const seed =
    process.env['SEED'] === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env['SEED'])
  t.comment(`SEED=${seed}`)
  const random = new SeededRandom(seed)
  const signer = fixtureSigner('ledger.example')
  const location = await place.fresh()
  await using original = await openDatabase(location)
  await fillForTampering(original, signer)
  const columns = await readColumns(original.kysely as unknown as Executor)
  await original.close()
  t.ok(columns.length >= 40, `${columns.length} columns`)
  const tables = [...new Set(columns.map(({ table }) => table))]
  const some = tables.map((table) => {
    const own = columns.filter((column) => column.table === table)
    return own[random.integer(own.length)]!
  })
  for (const column of process.env['SHARDLINE_SOAK'] === '1' ? columns : some) {
    const copy = await place.copy(location)
    const database = await openDatabase(copy)
    const kysely = database.kysely as unknown as Executor
    await disarm(kysely)
    const victims = await readVictims(kysely, column)
    const victim = victims[random.integer(victims.length)]!
    await tamperWith(kysely, victim, random)
    await database.close()
    const key = formatVerifierKey(signer, 'log')
    const args = ['ledger', 'verify', '--database', copy, '--log-key', key, '--json']
    const { code, stdout } = await runHere(args)
    const { fault } = JSON.parse(stdout) as { readonly fault: PrintedFault | null }
    const found = fault && { ...fault, logIndex: fault.index === null ? undefined : BigInt(fault.index) }
    t.ok(
      code === 1 && isNamed(victim, found ?? undefined),
      `${column.table}.${column.column} of ${JSON.stringify(victim.before)}: ${JSON.stringify(fault)}`,
    )
  }
}
