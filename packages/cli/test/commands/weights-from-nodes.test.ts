import { readdir } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = ['--prompt', 'Tell me a story about a cat.', '--max-tokens', '8', '--seed', '4']
const OFFLINE = { HF_HUB_OFFLINE: '1' }

interface Place {
  readonly cache: string
  readonly cwd?: string
}

async function startRole(
  args: readonly string[],
  place: Place,
): Promise<{ role: RunningCommand; address: string }> {
  const role = new RunningCommand([...args, '--listen', '127.0.0.1:0'], { ...place, env: OFFLINE })
  const [, address = ''] = await role.untilWritten(
    'stdout',
    /^listening on (ws:\/\/127\.0\.0\.1:\d+#shard1[a-z0-9]{58})\n/,
  )
  return { role, address }
}

t.test('a worker process without the model and without a hub has its layers from another', async (t) => {
  const own = t.testdir({ cache: {}, empty: {} })
  const elsewhere = { cache: path.join(own, 'cache'), cwd: path.join(own, 'empty') }
  const [first, second, validator] = await Promise.all([
    startRole(['worker', '--model', MODEL, '--share-weights'], { cache }),
    startRole(['worker', '--weights-from-nodes'], elsewhere),
    startRole(['validator', '--model', MODEL], { cache }),
  ])
  const roles = [first.role, second.role, validator.role]
  t.teardown(() => Promise.all(roles.map((role) => role[Symbol.asyncDispose]())))
  const place = { cache, cwd: path.dirname(MODEL) }
  const workers = `${first.address},${second.address}`
  const line = [
    'driver',
    '--model',
    path.basename(MODEL),
    '--workers',
    workers,
    '--validator',
    validator.address,
  ]
  const result = await runCommand([...line, '--layers', '0-3,4-7', ...PROMPT, '--json'], place)
  t.equal(result.code, 0, result.stderr)
  const json = JSON.parse(result.stdout) as Awaited<ReturnType<typeof generate>>
  t.equal(json.digest, (await generate(cache, PROMPT)).digest)
  t.same(
    json.stages.map(({ layers }) => layers),
    [null, '0-3', '4-7', null],
  )
  t.same(await readdir(path.join(own, 'cache', 'sources')), ['nodes'])
})
