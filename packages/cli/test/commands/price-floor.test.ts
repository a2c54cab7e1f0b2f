import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

t.setTimeout(600_000)

const cache = sharedCache()

t.test('a node whose price floor is above the price is passed over, and both sides say so', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  const start = (...args: readonly string[]): RunningCommand => new RunningCommand(args, { cache, env })
  await using market = start('market', '--database', 'memory:', '--port', '0', '--model', 'storyteller=8@150')
  const [, url = ''] = await market.untilWritten('stdout', /^listening on (http:\S+)/)
  const made = await runCommand(['keys', 'new', 'driver'], { cache, env })
  t.equal(made.code, 0, made.stderr)
  const offer = ['node', '--roles', 'worker,validator', '--listen', '0', '--market', url]
  const drive = ['driver', '--model', MODEL, '--market', url, '--serve', '0', '--key', 'driver']

  await t.test('above it', async (t) => {
    await using node = start(...offer, '--price-floor', '151')
    await node.untilWritten('stdout', /^validator listening on/m, [market])
    const driver = await runCommand(drive, { cache, env })
    t.match(driver.stderr, /2 nodes of the market are passed over, price 150: shard1\S+ \(floor 151\)/)
    t.match(driver.stderr, /CLI_NODES_MISSING/)
    await node.untilWritten(
      'stderr',
      /not used by new pipelines: price 150 of storyteller is below your floor 151/,
      [market],
    )
    node.signal('SIGINT')
    await node.ended
  })

  await t.test('at it', async (t) => {
    await using node = start(...offer, '--price-floor', '150')
    await node.untilWritten('stdout', /^validator listening on/m, [market])
    await using driver = start(...drive)
    await driver.untilWritten('stdout', /^serving on/m, [market, node])
    t.notMatch(node.stderr, /not used/)
    t.notMatch(driver.stderr, /passed over/)
  })
})

t.test('a price floor is of no use without a market, and has to be a price', async (t) => {
  const alone = await runCommand(['node', '--price-floor', '150'], { cache })
  t.match(alone.stderr, /give --market too/)
  const wrong = await runCommand(['node', '--market', 'http://a', '--price-floor', '1.5'], { cache })
  t.match(wrong.stderr, /Allowed is a whole number of microcredits per 1M tokens/)
})
