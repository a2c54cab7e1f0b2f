import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { descendants, isAlive } from '../support/processes.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const UP = ['up', '--model', MODEL, '--max-tokens', '16', '--seed', '4']
const READY = /The pipeline is ready/

t.test('one answer, the same as of one process, and no process is left', async (t) => {
  const prompt = 'Tell me a story about a cat.'
  await using command = new RunningCommand([...UP, '--once', prompt], { cache })
  await command.untilWritten('stdout', /\S/)
  const children = descendants(command.pid)
  const { code, stdout, stderr } = await command.ended
  t.equal(code, 0, stderr)
  t.equal(children.length, 4, 'two workers, validator, driver')
  t.same(children.filter(isAlive), [])
  const alone = await generate(cache, ['--prompt', prompt, '--max-tokens', '16', '--seed', '4'])
  t.equal(stdout, `${alone.text}\n`)
  t.match(stderr, /worker 1 +layers 0-3.*tokens\/s.*\n.*worker 2 +layers 4-7.*tokens\/s/)
})

t.test('piped lines are a chat', async (t) => {
  const stdin = 'Tell me a story about a cat.\n\n/nonsense\n/stats\nAnother one, please.\n'
  const { code, stdout, stderr } = await runCommand([...UP, '--workers', '1'], { cache, stdin })
  t.equal(code, 0, stderr)
  t.ok(stdout.split('\n').filter((line) => line !== '').length >= 2, stdout)
  t.match(stderr, /no command \/nonsense/)
  t.match(stderr, /tokens from the cache/, 'the second turn starts where the first one ended')
})

t.test('^C ends the cluster, and no process is left', async (t) => {
  await using command = new RunningCommand(UP, { cache, isStdinOpen: true })
  await command.untilWritten('stderr', READY)
  const children = descendants(command.pid)
  t.equal(children.length, 4)
  command.signal('SIGINT')
  const { code, stderr } = await command.ended
  t.equal(code, 130)
  t.notMatch(stderr, /error/)
  t.same(children.filter(isAlive), [])
})

t.test('a cluster without input stays until it is stopped', async (t) => {
  await using command = new RunningCommand([...UP, '--workers', '1'], { cache })
  await command.untilWritten('stderr', /stays up until it is stopped/)
  const children = descendants(command.pid)
  command.signal('SIGTERM')
  t.equal((await command.ended).code, 143)
  t.same(children.filter(isAlive), [])
})
