import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = ['--prompt', 'Tell me a story about a cat.', '--max-tokens', '16', '--seed', '4', '--json']
const SHOWN = /^listening on (relay:\/\/127\.0\.0\.1:(\d+)\S*#(shard1[a-z0-9]{58}))\n/

interface Started {
  readonly command: RunningCommand
  readonly address: string
  readonly port: string
}

/** Starts something that prints the relay address under which it is reached. */
async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const command = new RunningCommand(args, { cache, env })
  const [, address = '', port = ''] = await command.untilWritten('stdout', SHOWN)
  return { command, address, port }
}

t.test('nodes that listen nowhere are reached through a relay', async (t) => {
  const keys = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  const startRelay = (listen: string): Promise<Started> => start(['relay', '--listen', listen], keys)
  const relay = await startRelay('0')
  t.teardown(() => relay.command[Symbol.asyncDispose]())
  const at = ['--relay', relay.address, '--model', MODEL]
  const [worker, validator] = await Promise.all([start(['worker', ...at]), start(['validator', ...at])])
  const nodes = [worker, validator]
  t.teardown(() => Promise.all(nodes.map(({ command }) => command[Symbol.asyncDispose]())))
  const drive = [
    'driver',
    '--model',
    MODEL,
    '--workers',
    worker.address,
    '--validator',
    validator.address,
    ...PROMPT,
  ]
  const alone = await generate(cache, PROMPT)

  await t.test('and answer as one process does', async (t) => {
    const result = await runCommand(drive, { cache })
    t.equal(result.code, 0, result.stderr)
    t.equal((JSON.parse(result.stdout) as { text: string }).text, alone.text)
  })

  await t.test('and are back when their relay was killed and started again', async (t) => {
    await relay.command[Symbol.asyncDispose]()
    const again = await startRelay(relay.port)
    t.teardown(() => again.command[Symbol.asyncDispose]())
    t.equal(again.address, relay.address, 'the key that it made the first time is still its own')
    let result = await runCommand(drive, { cache })
    while (/no node is registered there/.test(result.stderr)) result = await runCommand(drive, { cache })
    t.equal(result.code, 0, result.stderr)
    t.equal((JSON.parse(result.stdout) as { text: string }).text, alone.text)
  })
})
