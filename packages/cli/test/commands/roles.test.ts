import { cp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import type { CommandResult } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = ['--prompt', 'Tell me a story about a cat.', '--max-tokens', '16', '--seed', '4']

/** Starts a role as one would in a terminal, on a free port. */
async function startRole(args: readonly string[]): Promise<{ role: RunningCommand; address: string }> {
  const role = new RunningCommand([...args, '--listen', '127.0.0.1:0'], { cache })
  const [, address = ''] = await role.untilWritten(
    'stdout',
    /^listening on (ws:\/\/127\.0\.0\.1:\d+#shard1[a-z0-9]{58})\n/,
  )
  return { role, address }
}

function drive(
  workers: readonly string[],
  validator: string,
  ...args: readonly string[]
): Promise<CommandResult> {
  const line = ['driver', '--model', MODEL, '--workers', workers.join(','), '--validator', validator]
  return runCommand([...line, ...PROMPT, ...args], { cache })
}

t.test('roles started by hand', async (t) => {
  const [first, second, gap, validator] = await Promise.all([
    startRole(['worker', '--model', MODEL, '--layers', '0-3']),
    startRole(['worker', '--model', MODEL, '--layers', '4-7']),
    startRole(['worker', '--layers', '5-7', '--name', 'gappy']),
    startRole(['validator', '--model', MODEL]),
  ])
  const roles = [first.role, second.role, gap.role, validator.role]
  t.teardown(() => Promise.all(roles.map((role) => role[Symbol.asyncDispose]())))

  await t.test('make a pipeline that answers as one process does', async (t) => {
    const result = await drive([second.address, first.address], validator.address, '--json')
    t.equal(result.code, 0, result.stderr)
    const json = JSON.parse(result.stdout) as Awaited<ReturnType<typeof generate>>
    const alone = await generate(cache, PROMPT)
    t.equal(json.digest, alone.digest)
    t.equal(json.text, alone.text)
    t.same(
      json.stages.map(({ layers }) => layers),
      [null, '0-3', '4-7', null],
    )
  })

  await t.test('are refused with the layers that are missing', async (t) => {
    const result = await drive([first.address, gap.address], validator.address)
    t.equal(result.code, 1)
    t.match(result.stderr, /no worker holds layers 4 of 8/)
    t.match(result.stderr, /code: DRIVER_PLAN_LAYERS_MISSING/)
  })

  await t.test('are refused if they hold the same layers twice', async (t) => {
    const result = await drive([first.address, second.address, gap.address], validator.address)
    t.equal(result.code, 1)
    t.match(result.stderr, /5-7.*both/)
    t.match(result.stderr, /code: DRIVER_PLAN_LAYERS_DOUBLED/)
  })

  await t.test('are refused if they hold another model', async (t) => {
    const other = path.join(t.testdir({}), 'other')
    await cp(MODEL, other, { recursive: true })
    const weights = path.join(other, 'model.safetensors')
    const bytes = await readFile(weights)
    bytes[bytes.length - 100]! ^= 1
    await writeFile(weights, bytes)
    const result = await drive([first.address, second.address], validator.address, '--model', other)
    t.equal(result.code, 1)
    t.match(result.stderr, /digest/)
    t.match(result.stderr, /code: DRIVER_STAGE_UNSUITABLE/)
  })

  await t.test('are refused if they play another part', async (t) => {
    const result = await drive([first.address, validator.address], second.address)
    t.equal(result.code, 1)
    t.match(result.stderr, /code: DRIVER_STAGE_UNSUITABLE/)
  })

  await t.test('say so if their port is in use', async (t) => {
    const port = new URL(first.address).port
    const result = await runCommand(['worker', '--listen', port], { cache })
    t.equal(result.code, 1)
    t.match(result.stderr, new RegExp(`can't listen on ws://127\\.0\\.0\\.1:${port}`))
    t.match(result.stderr, /code: WIRE_ADDRESS_UNUSABLE/)
  })

  await t.test('end cleanly on ^C', async (t) => {
    for (const role of roles) role.signal('SIGINT')
    for (const result of await Promise.all(roles.map((role) => role.ended))) {
      t.equal(result.code, 130)
      t.equal(result.stderr, '')
    }
  })
})

t.test('a role that others can reach says that anybody may use it', async (t) => {
  await using open = new RunningCommand(['worker', '--listen', '0.0.0.0:0'], { cache })
  await open.untilWritten(
    'stderr',
    /warning: ws:\/\/0\.0\.0\.0:0 can be reached from other computers, and whoever reaches it may use it/,
  )
  open.signal('SIGTERM')
  const { code } = await open.ended
  t.equal(code, 143)
  await using closed = new RunningCommand(['validator', '--listen', '0'], { cache })
  await closed.untilWritten('stdout', /listening on ws:\/\/127\.0\.0\.1:\d+/)
  closed.signal('SIGINT')
  t.equal((await closed.ended).stderr, '', 'loopback is not worth a warning')
})
