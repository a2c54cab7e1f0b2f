import t from 'tap'
import { MODEL, RunningCommand } from '../support/command.ts'
import { descendants, isAlive } from '../support/processes.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()

const UP = ['up', '--model', MODEL, '--workers', '1', '--spares', '1']

t.test('where others stand by, the death of a worker is said and ends nothing', async (t) => {
  await using command = new RunningCommand(UP, { cache, isStdinOpen: true })
  const [, pid] = await command.untilWritten(
    'stderr',
    /worker-1 +\S+ +process (\d+)\n[^]*The pipeline is ready/,
  )
  const children = descendants(command.pid)
  t.equal(children.length, 5, 'driver, worker, validator and one of each that stands by')
  process.kill(Number(pid), 'SIGKILL')
  await command.untilWritten('stderr', /worker-1 ended with signal SIGKILL/)
  command.child.stdin?.end('Tell me a story.\n')
  const { code, stdout, stderr } = await command.ended
  t.equal(code, 0, stderr)
  t.match(stdout, /\w/, 'it answers over the one that stood by')
  t.same(children.filter(isAlive), [])
})
