import path from 'node:path'
import { systemClock } from '@shardline/core'
import t from 'tap'
import { parseDemoOptions } from '../../src/demo/demo-options.ts'
import { demonstrateFailover } from '../../src/demo/failover-demo.ts'

const ROOT = path.resolve(
  import.meta.dirname,
  import.meta.filename.endsWith('.ts') ? '../../..' : '../../../..',
)

t.test('reads the options, and refuses what it can not do', async (t) => {
  t.match(parseDemoOptions([]), { workers: 2, kill: 'worker-2', seed: 1, model: undefined })
  t.equal(parseDemoOptions(['--workers', '1']).kill, 'worker-1', 'one worker can only be that one')
  t.equal(parseDemoOptions(['--kill', 'validator']).kill, 'validator')
  for (const wrong of [['--kill', 'worker-3'], ['--workers', '0'], ['-n', '2'], ['-s', 'x'], ['--once']]) {
    t.throws(() => parseDemoOptions(wrong), { code: 'CORE_INVALID_VALUE' }, wrong.join(' '))
  }
})

t.test('a worker dies in mid-sentence, and the answer is the undisturbed one', async (t) => {
  let told = ''
  const isSame = await demonstrateFailover({
    options: parseDemoOptions(['-n', '48']),
    rootFolder: ROOT,
    clock: systemClock,
    print: (text) => {
      told += text
    },
    isColoured: false,
    cacheFolder: t.testdir({}),
  })
  t.ok(isSame, told)
  t.match(told, /\S \[kill -9 worker-2\]\s+\S/, 'it dies within the text')
  t.match(told, /the same +yes: \d+ characters, 48 tokens/)
  t.match(told, /repaired +worker-2 by spare-1/)
})
