import path from 'node:path'
import t from 'tap'
import { MODEL, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = ['--prompt', 'Tell me a story about a cat.', '--max-tokens', '160', '--seed', '4']

t.test('a node that is stopped in the middle of an answer lets it end', async (t) => {
  const env = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
  const lend = ['node', '--roles', 'worker,validator', '--listen', '0', '--model', MODEL]
  await using node = new RunningCommand(lend, { cache, env })
  const [, worker = ''] = await node.untilWritten('stdout', /^worker listening on (\S+)\n/m)
  const [, validator = ''] = await node.untilWritten('stdout', /^validator listening on (\S+)\n/m)
  const drive = ['driver', '--model', MODEL, '--workers', worker, '--validator', validator, ...PROMPT]
  await using driver = new RunningCommand([...drive, '--quiet'], { cache })
  await driver.untilWritten('stdout', /\S+ \S+ /, [node])
  node.signal('SIGINT')
  const answer = await driver.ended
  t.equal(answer.code, 0, answer.stderr)
  const alone = await generate(cache, PROMPT)
  t.equal(answer.stdout.trim(), (alone.text ?? '').trim())
  const { code, stderr } = await node.ended
  t.equal(code, 130)
  t.match(stderr, /worker: 0 pipelines, 0 answers/)
})
