import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import type { CommandResult } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()

interface Running {
  readonly role: RunningCommand
  readonly where: string
  readonly id: string
}

/** Starts a worker on a free port. */
async function startWorker(...args: readonly string[]): Promise<Running> {
  const role = new RunningCommand(['worker', '--listen', '0', ...args], { cache })
  const [, where = '', id = ''] = await role.untilWritten('stdout', /^listening on (ws:\S+)#(shard1\w{58})\n/)
  return { role, where, id }
}

/** Has a driver try its luck. */
function drive(worker: string, validator: string): Promise<CommandResult> {
  const line = ['driver', '--model', MODEL, '--workers', worker, '--validator', validator, '--prompt', 'Once']
  return runCommand(line, { cache })
}

t.test('roles with ids', async (t) => {
  const open = await startWorker()
  const strict = await startWorker('--allow', open.id, '--allow', open.id, '--name', 'strict')
  t.teardown(() => Promise.all([open, strict].map(({ role }) => role[Symbol.asyncDispose]())))

  await t.test('are reached only if they are who their addresses name', async (t) => {
    const result = await drive(`${open.where}#${strict.id}`, open.where)
    t.equal(result.code, 1)
    t.match(result.stderr, new RegExp(`is ${open.id}, not ${strict.id}, which was expected there`))
    t.match(result.stderr, /code: DRIVER_STAGE_UNREACHABLE/)
  })

  await t.test('take links only from those whom they were told to allow', async (t) => {
    const result = await drive(`${strict.where}#${strict.id}`, open.where)
    t.equal(result.code, 1)
    t.match(result.stderr, /strict takes no links from shard1/)
    t.match(result.stderr, /code: DRIVER_STAGE_UNREACHABLE/)
  })
})

t.test('a role with a key is the same party whenever it starts', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  const made = await runCommand(['keys', 'new', 'home', '--json'], { cache, env })
  const id = /shard1[a-z0-9]{58}/.exec(made.stdout)?.[0] ?? ''
  await using role = new RunningCommand(['validator', '--listen', '0', '--key', 'home'], { cache, env })
  await role.untilWritten('stdout', new RegExp(`listening on ws://127\\.0\\.0\\.1:\\d+#${id}\n`))
  role.signal('SIGTERM')
  await role.ended
  const unknown = await runCommand(['worker', '--listen', '0', '--key', 'nobody'], { cache, env })
  t.equal(unknown.code, 1)
  t.match(unknown.stderr, /code: IDENTITY_KEY_UNKNOWN/)
})
