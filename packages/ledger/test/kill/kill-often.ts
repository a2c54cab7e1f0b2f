import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { SeededRandom, systemClock } from '@shardline/core'
import type { Test } from 'tap'
import { openDatabase, openLedger, verifyLedger } from '@shardline/ledger'
import { isSoak, testSeed } from '../support/test-ledger.ts'
import { DEPOSIT, PARTIES, settle, settlementOf, sharesOf } from './settlement.ts'

const PROCESS = fileURLToPath(new URL('settling-process.ts', import.meta.url))
const KILLS_SOAK = 100
/** After the first settlement of a process, at a random point of this time, it dies. */
const LIFE_MS_MAX = 200

/** Kills a settling process again and again, then counts. */
export async function killOften(t: Test, location: string, killsShort: number): Promise<void> {
  const random = new SeededRandom(testSeed(t))
  const kills = isSoak ? KILLS_SOAK : killsShort
  const acknowledged = new Set<number>()
  for (let kill = 0; kill < kills; kill++) await liveAndDie(location, acknowledged, random)
  await count(t, location, acknowledged)
  t.comment(`${kills} kills, ${acknowledged.size} settlements acknowledged`)
}

async function liveAndDie(location: string, acknowledged: Set<number>, random: SeededRandom): Promise<void> {
  let first = 0
  while (acknowledged.has(first)) first++
  const args = ['--import', 'tsx', '--conditions=shardline-source', PROCESS, location, String(first)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  let pending = ''
  let resolve = (): void => undefined
  const started = new Promise<void>((done) => {
    resolve = done
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) acknowledged.add(Number(line))
    resolve()
  })
  const exited = once(child, 'close')
  await Promise.race([started, exited])
  await systemClock.sleep(random.float() * LIFE_MS_MAX)
  if (child.exitCode !== null) throw new Error(`the process ended by itself: ${errors}`)
  child.kill('SIGKILL')
  await exited
}

/** Nothing lost, nothing doubled, and balances that are what the log adds up to. */
async function count(t: Test, location: string, acknowledged: ReadonlySet<number>): Promise<void> {
  await using database = await openDatabase(location)
  await using ledger = await openLedger({ database, clock: systemClock })
  t.match(
    await verifyLedger(database),
    { isIntact: true, fault: undefined },
    'what the last kill left is intact',
  )
  const requests = Math.max(...acknowledged) + 1
  let lost = 0
  for (let request = 0; request < requests; request += 100) {
    const some = Array.from({ length: Math.min(100, requests - request) }, (_, i) => request + i)
    const found = await Promise.all(
      some.map(async (one) => {
        const [hold, chain] = settlementOf(one)
        const transfers = await ledger.lookupTransfers([...hold, ...chain].map(({ id }) => id))
        return { one, count: transfers.filter((transfer) => transfer !== undefined).length }
      }),
    )
    lost += found.filter(({ one, count }) => acknowledged.has(one) && count !== 6).length
    t.same(
      found.filter(({ count }) => count !== 0 && count !== 1 && count !== 6),
      [],
      'a settlement is whole or not there',
    )
  }
  t.equal(lost, 0, 'nothing that was acknowledged is lost')
  for (let request = 0; request < requests; request += 100) {
    const some = Array.from({ length: Math.min(100, requests - request) }, (_, i) => request + i)
    await Promise.all(some.map((one) => settle(ledger, one)))
  }
  await countBalances(t, { ledger, requests })
  t.match(
    await verifyLedger(database),
    { isIntact: true, fault: undefined },
    'the replayed log has the same balances',
  )
}

interface Counted {
  readonly ledger: Awaited<ReturnType<typeof openLedger>>
  readonly requests: number
}

async function countBalances(t: Test, { ledger, requests }: Counted): Promise<void> {
  const sums = { driver: 0n, worker: 0n, validator: 0n, fee: 0n }
  // Requests beyond the last acknowledged one may be settled too.
  const later = await laterRequests(ledger, requests)
  for (const request of [...Array.from({ length: requests }, (_, i) => i), ...later]) {
    const shares = sharesOf(request)
    for (const party of ['driver', 'worker', 'validator', 'fee'] as const) sums[party] += shares[party]
  }
  const total = sums.driver + sums.worker + sums.validator + sums.fee
  const names = ['driver', 'worker', 'validator', 'fee'] as const
  const accounts = await ledger.lookupAccounts(names.map((name) => PARTIES[name]))
  for (const [index, name] of names.entries())
    t.equal(accounts[index]?.creditsPosted, sums[name], `${name} got its part once`)
  const [payer, escrow] = await ledger.lookupAccounts([PARTIES.payer, PARTIES.escrow])
  t.match(payer, { creditsPosted: DEPOSIT, debitsPosted: total })
  t.match(escrow, { creditsPosted: total, debitsPosted: total, debitsPending: 0n })
}

async function laterRequests(ledger: Counted['ledger'], from: number): Promise<readonly number[]> {
  const candidates = Array.from({ length: 64 }, (_, i) => from + i)
  const found = await ledger.lookupTransfers(candidates.map((one) => settlementOf(one)[1][4]!.id))
  return candidates.filter((_, index) => found[index] !== undefined)
}
