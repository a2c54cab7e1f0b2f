import t from 'tap'
import { MODEL, RunningCommand } from '../support/command.ts'
import { descendants, isAlive, survivors } from '../support/processes.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const UP = ['up', '--model', MODEL, '--workers', '1']
const READY = /The pipeline is ready/

t.test('no process survives a parent that is killed', async (t) => {
  await using command = new RunningCommand(UP, { cache, isStdinOpen: true })
  await command.untilWritten('stderr', READY)
  const children = descendants(command.pid)
  t.equal(children.length, 3)
  command.signal('SIGKILL')
  t.same(await survivors(children), [])
})

t.test('no process survives a parent that is killed while it starts', async (t) => {
  await using command = new RunningCommand(UP, { cache, isStdinOpen: true })
  let children: readonly number[] = []
  while (children.length === 0) children = descendants(command.pid)
  command.signal('SIGKILL')
  t.same(await survivors(children), [])
})

t.test('no worker survives the parent of a generate that is killed', async (t) => {
  const args = ['generate', '--model', MODEL, '--workers', '1', '--prompt', 'Tell me a story.']
  await using command = new RunningCommand(args, { cache })
  await command.untilWritten('stdout', /\S/)
  const children = descendants(command.pid)
  command.signal('SIGKILL')
  t.same(await survivors(children), [])
})

t.test('a cluster ends, and says why, if a part of it dies', async (t) => {
  await using command = new RunningCommand(UP, { cache, isStdinOpen: true })
  const [, pid] = await command.untilWritten(
    'stderr',
    /worker-1 +\S+ +process (\d+)\n[^]*The pipeline is ready/,
  )
  const children = descendants(command.pid)
  process.kill(Number(pid), 'SIGKILL')
  const { code, stderr } = await command.ended
  t.equal(code, 1)
  t.match(stderr, /worker-1 ended unexpectedly: signal SIGKILL/)
  t.match(stderr, /code: CLI_ROLE_ENDED/)
  t.same(children.filter(isAlive), [])
})
