import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

t.setTimeout(600_000)

const cache = sharedCache()

t.test('a driver plans over the nodes that its market lists', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  const start = (...args: readonly string[]): RunningCommand => new RunningCommand(args, { cache, env })
  await using market = start('market', '--database', 'memory:', '--port', '0', '--model', 'storyteller=8')
  const [, url = ''] = await market.untilWritten('stdout', /^listening on (http:\S+)/)
  const drive = [
    'driver',
    '--model',
    MODEL,
    '--market',
    url,
    '--serve',
    '0',
    '--also-unpaid',
    '--key',
    'driver',
  ]
  const made = await runCommand(['keys', 'new', 'driver'], { cache, env })
  t.equal(made.code, 0, made.stderr)
  const tooEarly = await runCommand(drive, { cache, env })
  t.match(tooEarly.stderr, /CLI_NODES_MISSING/, 'nobody is there yet')

  await using node = start('node', '--roles', 'worker,validator', '--listen', '0', '--market', url)
  await node.untilWritten('stdout', /^validator listening on/m, [market])
  await using driver = start(...drive)
  const [, address = ''] = await driver.untilWritten('stdout', /^serving on (\S+)$/m, [market, node])
  t.match(driver.stderr, /the market's nodes: 1 workers, a validator, and 0 that stand by/)
  const ask = ['ask', '--driver', address, '--max-tokens', '4', 'Tell me a story about a cat.']
  const answer = await runCommand(ask, { cache, env })
  t.match(answer.stderr, /verified: 4 tokens/)
})
