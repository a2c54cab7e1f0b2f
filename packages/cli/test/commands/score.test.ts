import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()

interface ScoreJson {
  readonly token_ids: readonly number[]
  readonly logprobs: readonly number[]
  readonly top_ids: readonly (readonly number[])[]
  readonly top_logprobs: readonly (readonly number[])[]
  readonly mean_nll: number
  readonly perplexity: number
  readonly digest: string
}

async function score(args: readonly string[]): Promise<ScoreJson> {
  const result = await runCommand(['score', '--model', MODEL, '--json', ...args], { cache })
  if (result.code !== 0) throw new Error(result.stderr)
  return JSON.parse(result.stdout) as ScoreJson
}

t.test('a text scores the same in one process and over two workers', async (t) => {
  const folder = t.testdir({ 'text.txt': 'Once upon a time, there was a fox.' })
  const file = ['--file', path.join(folder, 'text.txt')]
  const alone = await score([...file, '--top', '3'])
  const spread = await score([...file, '--top', '3', '--workers', '2', '--prefill-chunk', '2'])
  t.same(spread.logprobs, alone.logprobs)
  t.equal(spread.digest, alone.digest)
  t.equal(alone.logprobs.length, alone.token_ids.length - 1)
  t.equal(alone.top_ids.length, alone.token_ids.length)
  t.ok(alone.top_ids.every((ids) => ids.length === 3))
  t.ok(alone.top_logprobs.every(([first = NaN, second = NaN]) => first >= second))
  const mean = -alone.logprobs.reduce((sum, logprob) => sum + logprob, 0) / alone.logprobs.length
  t.ok(Math.abs(alone.mean_nll - mean) < 1e-9)
  t.ok(Math.abs(alone.perplexity - Math.exp(mean)) < 1e-6)
})

t.test('ids score as their text does', async (t) => {
  const folder = t.testdir({ 'text.txt': 'There was a fox.' })
  const text = await score(['--file', path.join(folder, 'text.txt')])
  const ids = t.testdir({ 'ids.json': JSON.stringify(text.token_ids) })
  const again = await score(['--ids', path.join(ids, 'ids.json')])
  t.same(again.logprobs, text.logprobs)
})

t.test('people get three lines', async (t) => {
  const folder = t.testdir({ 'text.txt': 'There was a fox.' })
  const args = ['score', '--model', MODEL, '--file', path.join(folder, 'text.txt'), '--quiet']
  const { stdout, stderr } = await runCommand(args, { cache })
  t.match(stdout, /^tokens +\d+\nmean NLL +\d+\.\d+ nats a token\nperplexity +\d+\.\d+\n$/)
  t.equal(stderr, '')
})
