import { ManualClock } from '@shardline/core'
import fc from 'fast-check'
import type { Test } from 'tap'
import { DatabaseUnavailableError, databaseOf, openLedger } from '@shardline/ledger'
import type { Account, Balances, Ledger, LedgerDatabase, LedgerPool, TransferInit } from '@shardline/ledger'
import { FaultyPool } from '../support/faulty-pool.ts'
import { ShadowLedger } from '../support/shadow-ledger.ts'
import { isSoak, testSeed } from '../support/test-ledger.ts'
import { accountInits, operation, startOfRun, transferInits } from './operations.ts'
import type { Operation, RunNames } from './operations.ts'

/** Steps that a run of the model takes at the least, all its random lists together. */
const STEPS_SOAK = 20_000

/** How the model is played on one database. */
export interface ModelInit {
  readonly pool: LedgerPool
  /** Steps of the short form. */
  readonly stepsShort: number
}

/** Plays random steps on a ledger and on its shadow, and compares them after each. */
export async function playModel(t: Test, init: ModelInit): Promise<void> {
  const seed = testSeed(t)
  const pool = new FaultyPool(init.pool)
  const database = databaseOf(pool)
  const clock = new ManualClock(1_700_000_000_000)
  const stepsWanted = isSoak ? STEPS_SOAK : init.stepsShort
  const counts = {
    steps: 0,
    items: 0,
    faults: 0,
    committed: 0,
    runs: 0,
    outcomes: {} as Record<string, number>,
  }
  const lengths = { minLength: 30, maxLength: 60 }
  await openLedger({ database, clock })
  const property = fc.asyncProperty(fc.array(operation, lengths), async (operations) => {
    // Time goes on from run to run: the ledger's clock can't start again.
    clock.advance(1_000_000)
    const run = counts.runs++
    const names: RunNames = { run: `${seed}/${run}`, ledgerBase: 10 * run, used: [], holds: [] }
    const player = new Player({ pool, database, clock, names, counts })
    await player.open()
    await player.start()
    for (const step of operations) await player.play(step)
    await player.close()
  })
  await fc.assert(property, { seed, numRuns: Math.ceil(stepsWanted / 30), endOnFailure: false })
  t.comment(JSON.stringify(counts))
  t.ok(counts.steps >= stepsWanted, `${counts.steps} steps`)
  t.ok(counts.faults > 0 && counts.committed > 0, 'connections broke before and after commits')
  await database.close()
}

interface PlayerInit {
  readonly pool: FaultyPool
  readonly database: LedgerDatabase
  readonly clock: ManualClock
  readonly names: RunNames
  readonly counts: {
    steps: number
    items: number
    faults: number
    committed: number
    readonly outcomes: Record<string, number>
  }
}

class Player {
  readonly #init: PlayerInit
  readonly #shadow = new ShadowLedger()
  #ledger: Ledger | undefined

  constructor(init: PlayerInit) {
    this.#init = init
  }

  async open(): Promise<void> {
    const { database, clock } = this.#init
    this.#ledger = await openLedger({ database, clock })
  }

  async start(): Promise<void> {
    const [accounts, transfers] = startOfRun(this.#init.names)
    const now = this.#init.clock.now()
    compare(await this.#open().createAccounts(accounts), this.#shadow.createAccounts(now, accounts))
    compare(await this.#open().createTransfers(transfers), this.#shadow.createTransfers(now, transfers))
  }

  async close(): Promise<void> {
    await this.#ledger?.close()
  }

  async play(step: Operation): Promise<void> {
    const { clock, counts, names } = this.#init
    counts.steps++
    switch (step.type) {
      case 'accounts': {
        const inits = accountInits(names, step.items)
        counts.items += inits.length
        const outcomes = await this.#open().createAccounts(inits)
        compare(outcomes, this.#shadow.createAccounts(clock.now(), inits))
        break
      }
      case 'transfers':
        await this.#transfer(step)
        break
      case 'sweep':
        await this.#open().sweepExpired()
        this.#shadow.sweep(clock.now())
        break
      case 'clock':
        clock.advance(step.seconds * 1_000)
        break
      case 'reopen':
        await this.close()
        await this.open()
        break
    }
    await this.#check()
  }

  async #transfer(step: Extract<Operation, { type: 'transfers' }>): Promise<void> {
    const { clock, counts, names, pool } = this.#init
    const calls = step.calls.map((slots) => transferInits(names, slots))
    counts.items += calls.flat().length
    pool.arm(step.fault)
    const results = await this.#send(calls)
    pool.arm(undefined)
    const expect = (): readonly (readonly string[])[] =>
      calls.map((inits) => this.#shadow.createTransfers(clock.now(), inits))
    if (results !== undefined) {
      for (const [index, expected] of expect().entries()) compare(results[index] ?? [], expected)
      for (const { status } of results.flat()) counts.outcomes[status] = (counts.outcomes[status] ?? 0) + 1
      return
    }
    // The connection broke: the process starts anew and sends the same again.
    await this.close()
    await this.open()
    if (this.#struck === 'committed') expect()
    for (const inits of calls) {
      compare(await this.#open().createTransfers(inits), this.#shadow.createTransfers(clock.now(), inits))
    }
  }

  #struck: FaultyPool['struck'] = 'no'

  async #send(calls: readonly (readonly TransferInit[])[]) {
    const { counts, pool } = this.#init
    const ledger = this.#open()
    const settled = await Promise.allSettled(calls.map((inits) => ledger.createTransfers(inits)))
    this.#struck = pool.struck
    if (pool.struck === 'no') {
      return settled.map((result) => {
        if (result.status === 'rejected') throw result.reason
        return result.value
      })
    }
    counts.faults++
    if (pool.struck === 'committed') counts.committed++
    for (const result of settled) {
      if (result.status === 'fulfilled') throw new Error('a call succeeded though its connection broke')
      if (!(result.reason instanceof DatabaseUnavailableError)) throw result.reason
    }
    return undefined
  }

  /** Balances as the shadow has them, debits = credits in each ledger, and no account beyond its limit. */
  async #check(): Promise<void> {
    const expected = this.#shadow.balances()
    const ids = [...expected.keys()] as Account['id'][]
    const accounts = (await this.#open().lookupAccounts(ids)).filter((account) => account !== undefined)
    if (accounts.length !== ids.length) throw new Error(`${ids.length} accounts, found ${accounts.length}`)
    for (const account of accounts) {
      checkLimit(account)
      const found = String(balancesOf(account))
      const wanted = String(balancesOf(expected.get(account.id)))
      if (found !== wanted) throw new Error(`balances are ${found}, not ${wanted}`)
    }
    checkSums(accounts)
  }

  #open(): Ledger {
    if (this.#ledger === undefined) throw new Error('not open')
    return this.#ledger
  }
}

function balancesOf(balances: Balances | undefined): readonly (bigint | undefined)[] {
  return [balances?.debitsPending, balances?.debitsPosted, balances?.creditsPending, balances?.creditsPosted]
}

function checkLimit({ limit, debitsPending, debitsPosted, creditsPending, creditsPosted }: Account): void {
  if (limit === 'debits_must_not_exceed_credits' && debitsPending + debitsPosted > creditsPosted) {
    throw new Error('an account spent more than it had')
  }
  if (limit === 'credits_must_not_exceed_debits' && creditsPending + creditsPosted > debitsPosted) {
    throw new Error('an account got more than it may')
  }
}

/** In each ledger, debits are credits: posted ones and pending ones. */
function checkSums(accounts: readonly Account[]): void {
  for (const ledger of new Set(accounts.map((account) => account.ledger))) {
    const own = accounts.filter((account) => account.ledger === ledger)
    const sum = (valueOf: (account: Account) => bigint): bigint =>
      own.reduce((total, account) => total + valueOf(account), 0n)
    const pending = sum(({ debitsPending, creditsPending }) => debitsPending - creditsPending)
    const posted = sum(({ debitsPosted, creditsPosted }) => debitsPosted - creditsPosted)
    if (pending !== 0n || posted !== 0n)
      throw new Error(`ledger ${ledger} is out by ${pending} and ${posted}`)
  }
}

function compare(outcomes: readonly { readonly status: string }[], expected: readonly string[]): void {
  const found = String(outcomes.map(({ status }) => status))
  if (found !== String(expected)) throw new Error(`outcomes are ${found}, not ${String(expected)}`)
}
