import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

t.setTimeout(600_000)

const cache = sharedCache()

t.test('a computer behind a router lends both roles by one line, to a driver behind another', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  const start = (...args: readonly string[]): RunningCommand => new RunningCommand(args, { cache, env })
  await using relay = start('relay', '--listen', '0')
  const [, address = ''] = await relay.untilWritten('stdout', /^listening on (relay:\S+)\n/)
  // Neither listens anywhere: the invite leads through the relay, and the node goes there too.
  await using driver = start('driver', '--model', MODEL, '--serve', '0', '--relay', address, '--invite-nodes')
  const [, line = ''] = await driver.untilWritten('stdout', /^invite for nodes (\S+)$/m, [relay])
  await using node = start('node', '--join', line, '--roles', 'worker,validator')
  await node.untilWritten('stderr', /^validator: enlisted with/m, [relay, driver])
  const [, invite = ''] = await driver.untilWritten('stdout', /^invite (shardline1\S+)$/m, [relay, node])
  t.match(node.stdout, /^worker listening on relay:/m)
  const ask = ['ask', '--invite', invite, '--max-tokens', '4', 'Tell me a story about a cat.']
  const answer = await runCommand(ask, { cache })
  t.match(answer.stderr, /verified: 4 tokens/)
})
