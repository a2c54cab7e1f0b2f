import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { descendants, isAlive } from '../support/processes.ts'
import { sharedCache } from '../support/shared-cache.ts'

// Six processes start three times.
t.setTimeout(600_000)

const cache = sharedCache()
const data = mkdtempSync(path.join(tmpdir(), 'shardline-paid-up-'))
t.after(() => rm(data, { recursive: true, force: true }))
const env = { SHARDLINE_DATA: data }
const PROMPT = 'Tell me a story about a cat.'
const UP = ['up', '--paid', '--model', MODEL, '--max-tokens', '16', '--seed', '4']

/** Microcredits of a row of the bill. */
function amountOf(stderr: string, row: string): bigint {
  const [, whole = '', fraction = ''] = new RegExp(`^  ${row} .*?(\\d+)\\.(\\d{6})$`, 'm').exec(stderr) ?? []
  return BigInt(whole + fraction)
}

function checkBill(t: Test, stderr: string): void {
  const parts = ['driver', 'worker 1', 'worker 2', 'validator', 'fee of the market']
  const sum = parts.map((row) => amountOf(stderr, row)).reduce((all, one) => all + one, 0n)
  const billed = amountOf(stderr, 'billed')
  t.ok(billed > 0n)
  t.equal(sum, billed)
  const [, held = '', given = ''] = /given back +of (\S+) held +(\S+)/.exec(stderr) ?? []
  t.equal(BigInt(held.replace('.', '')), billed + BigInt(given.replace('.', '')))
  t.match(
    stderr,
    /receipts: 4 signatures of driver, 2 workers and validator hold, all 8 layers are covered once/,
  )
}

t.test('one answer, the same as of one process, and a bill that sums up', async (t) => {
  await using command = new RunningCommand([...UP, '--once', PROMPT], { cache, env })
  await command.untilWritten('stdout', /\S/)
  const children = descendants(command.pid)
  const { code, stdout, stderr } = await command.ended
  t.equal(code, 0, stderr)
  t.equal(children.length, 5, 'market, two workers, validator, driver')
  t.same(children.filter(isAlive), [])
  const alone = await generate(cache, ['--prompt', PROMPT, '--max-tokens', '16', '--seed', '4'])
  t.equal(stdout, `${alone.text}\n`)
  checkBill(t, stderr)
})

t.test('at the next start a chat has one bill; a second cluster keeps books of its own', async (t) => {
  await using chat = new RunningCommand(UP, { cache, env, isStdinOpen: true })
  await chat.untilWritten('stderr', /validator +ws:/)
  const second = await runCommand([...UP, '--workers', '1', '--once', PROMPT], { cache, env })
  t.equal(second.code, 0, second.stderr)
  t.match(second.stderr, /another cluster has the books of this machine open/)
  t.match(second.stderr, /receipts: 3 signatures/)
  const children = descendants(chat.pid)
  chat.child.stdin?.end(`${PROMPT}\n/stats\nAnother one, please.\n`)
  const { code, stdout, stderr } = await chat.ended
  t.equal(code, 0, stderr)
  t.ok(stdout.split('\n').filter((line) => line !== '').length >= 2, stdout)
  t.match(stderr, /the bill in credits: 2 requests/)
  checkBill(t, stderr)
  t.equal(stderr.match(/^billed /gm)?.length, 3, 'each answer says what it cost, and /stats again')
  t.same(children.filter(isAlive), [])
})
