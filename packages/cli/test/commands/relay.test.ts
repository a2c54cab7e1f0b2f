import path from 'node:path'
import t from 'tap'
import { runCommand, RunningCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()

t.test('a relay says what it did when it is stopped', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  const relay = new RunningCommand(['relay', '--listen', '0', '--json'], { cache, env })
  await relay.untilWritten('stdout', /\n/)
  relay.signal('SIGINT')
  const { code, stdout } = await relay.ended
  t.equal(code, 130)
  const [started, ended] = stdout.trim().split('\n')
  t.match(JSON.parse(started ?? ''), { address: /^relay:\/\/127\.0\.0\.1:\d+$/, id: /^shard1/ })
  t.match(JSON.parse(ended ?? ''), { registrations: 0, pipes: 0, pipes_opened: 0, relayed_bytes: 0 })
})

t.test('limits that a relay does not have, or that are no numbers, are refused by name', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  for (const [set, message] of [
    ['pipes=4', /a relay has no such limit; allowed are registrationsMax/],
    ['pipesMax=many', /"many" is no whole number/],
    ['pipesMax=0', /it has to be a whole number from 1/],
  ] as const) {
    const { code, stderr } = await runCommand(['relay', '--listen', '0', '--set', set], { cache, env })
    t.not(code, 0, set)
    t.match(stderr, message, set)
  }
})
