import { systemClock } from '@shardline/core'
import path from 'node:path'
import t from 'tap'
import { minuteOfDay } from '../../src/node/node-hours.ts'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { runHere } from '../support/run-here.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = ['--prompt', 'Tell me a story about a cat.', '--max-tokens', '16', '--seed', '4', '--json']

t.test('a node behind a relay is a worker and a validator, and lets go when it is stopped', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  await using relay = new RunningCommand(['relay', '--listen', '0'], { cache, env })
  const [, through = ''] = await relay.untilWritten('stdout', /^listening on (\S+)\n/)
  const lend = ['node', '--roles', 'worker,validator', '--relay', through, '--memory', '4G']
  await using node = new RunningCommand([...lend, '--model', MODEL], { cache, env })
  const [, worker = ''] = await node.untilWritten('stdout', /^worker listening on (relay:\S+)\n/m, [relay])
  const [, validator = ''] = await node.untilWritten('stdout', /^validator listening on (relay:\S+)\n/m)
  t.not(worker, validator, 'no party is two stages of one pipeline')

  const drive = ['driver', '--model', MODEL, '--workers', worker, '--validator', validator, ...PROMPT]
  const answer = await runCommand(drive, { cache })
  t.equal(answer.code, 0, answer.stderr)
  t.equal((JSON.parse(answer.stdout) as { text: string }).text, (await generate(cache, PROMPT)).text)

  node.signal('SIGINT')
  const { code, stderr } = await node.ended
  t.equal(code, 130)
  t.match(stderr, /worker: 0 pipelines, 0 answers, [1-9]\d* rows so far · validator: 0 pipelines/)
})

t.test('a node rests outside its hours', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  const hour = Math.floor(minuteOfDay(systemClock.now()) / 60)
  const hours = `${(hour + 2) % 24}-${(hour + 3) % 24}`
  await using node = new RunningCommand(['node', '--listen', '0', '--hours', hours], { cache, env })
  await node.untilWritten('stderr', /works again in its hours, \d\d:00-\d\d:00/)
  node.signal('SIGINT')
  const { code, stdout } = await node.ended
  t.equal(code, 130)
  t.equal(stdout, '')
})

t.test('what a node can not be told is refused with what is allowed', async (t) => {
  for (const [option, value, allowed] of [
    ['--roles', 'driver', /worker, validator, or both/],
    ['--hours', '25-7', /such as 22-7/],
    ['--memory', '4', /such as 4G or 512M/],
    ['--memory', '1M', /from 64M/],
    ['--relay', 'ws://10.0.0.1:7400', /relay:\/\/host:port/],
  ] as const) {
    const { code, stderr } = await runHere(['node', option, value])
    t.equal(code, 2, `${option} ${value}`)
    t.match(stderr, allowed)
  }
})
