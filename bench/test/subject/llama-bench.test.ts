import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { llamaBench, llamaBenchSizes, parseLlamaBench } from '../../src/subject/llama-bench.ts'
import { workload } from '../support/fake-subject.ts'

const test = {
  build_commit: 'abc123',
  build_number: 500,
  backends: 'CPU',
  model_type: 'llama 1B Q4_0',
  n_threads: 2,
}

t.test('reads rate and build', (t) => {
  const { tokensPerSecond, description } = parseLlamaBench(JSON.stringify([{ ...test, avg_ts: 34.5 }]))
  t.equal(tokensPerSecond, 34.5)
  t.same(description, {
    'llama.cpp build': '500 (abc123)',
    backends: 'CPU',
    model: 'llama 1B Q4_0',
    threads: '2',
  })
  t.throws(() => parseLlamaBench('[]'), { code: 'CORE_UNEXPECTED' })
  t.end()
})

t.test('times either a prompt or a decode, of one stream', (t) => {
  t.same(
    llamaBenchSizes(workload({ promptTokens: 512, newTokens: 1, metrics: ['prefillTokensPerSecond'] })),
    {
      promptTokens: 512,
      newTokens: 0,
    },
  )
  t.same(llamaBenchSizes(workload({ newTokens: 128 })), { promptTokens: 0, newTokens: 128 })
  t.equal(llamaBenchSizes(workload({ streams: 8 })), undefined)
  t.end()
})

t.test(
  'runs the program with the threads and sizes asked for',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'shardline-bench-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const program = join(folder, 'llama-bench')
    const script = `const a = process.argv; const n = (o) => Number(a[a.indexOf(o) + 1])
console.log(JSON.stringify([{ n_threads: n('-t'), model_type: a[a.indexOf('-m') + 1], avg_ts: n('-p') * 1000 + n('-n') }]))`
    await writeFile(program, `#!${process.execPath}\n${script}\n`)
    await chmod(program, 0o755)
    await using subject = await llamaBench({ program, model: 'm.gguf', threads: 3 })
    t.match(subject.description, { threads: '3', model: 'm.gguf' })
    t.same((await subject.measure(workload({ newTokens: 16 }), 1))?.metrics, { decodeTokensPerSecond: 16 })
    t.equal(await subject.measure(workload({ streams: 8 }), 1), undefined)
    await t.rejects(llamaBench({ program: join(folder, 'missing'), model: 'm', threads: 1 }), {
      code: 'CORE_UNEXPECTED',
    })
  },
)
