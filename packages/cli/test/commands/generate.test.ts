import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate as generateWith } from '../support/generate.ts'
import type { GenerateJson } from '../support/generate.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = ['--prompt', 'Tell me a story about a fox and a lost key.', '--max-tokens', '24'] as const
const BASE = ['generate', '--model', MODEL]
const generate = (...args: readonly string[]): Promise<GenerateJson> => generateWith(cache, args)

t.test('the same text and digest in one process and over two workers', async (t) => {
  const alone = await generate(...PROMPT, '--seed', '7')
  const spread = await generate(...PROMPT, '--seed', '7', '--workers', '2')
  t.equal(spread.text, alone.text)
  t.equal(spread.digest, alone.digest)
  t.match(alone.digest, /^[0-9a-f]{64}$/)
  t.same(spread.token_ids, alone.token_ids)
  t.same(
    alone.stages.map(({ role, layers }) => [role, layers]),
    [
      ['driver', null],
      ['worker', '0-7'],
      ['validator', null],
    ],
  )
  t.same(
    spread.stages.map(({ role, layers }) => [role, layers]),
    [
      ['driver', null],
      ['worker', '0-3'],
      ['worker', '4-7'],
      ['validator', null],
    ],
  )
  t.equal(new Set(alone.stages.map((stage) => stage.process)).size, 1, 'one process')
  t.equal(new Set(spread.stages.map((stage) => stage.process)).size, 4, 'four processes')
})

t.test('one object says everything about an answer', async (t) => {
  const result = await runCommand([...BASE, ...PROMPT, '--json', '--logprobs', '2', '--seed', '3'], { cache })
  t.equal(result.stderr, '', 'nothing beside it')
  t.equal(result.stdout.trim().split('\n').length, 1, 'one line')
  const json = JSON.parse(result.stdout) as GenerateJson
  t.equal(json.finish_reason, 'length')
  t.equal(json.seed, 3)
  t.equal(json.token_ids.length, 24)
  t.equal(json.logprobs.length, 24)
  t.ok(json.top_ids?.every((ids) => ids.length === 2))
  t.ok(json.prompt_token_ids.length > 0)
  t.ok(json.prefill_tokens_per_second > 0)
  t.ok(json.decode_tokens_per_second > 0)
  t.ok(json.time_to_first_token_ms > 0)
  const { predicted_parts: parts, ...times } = json.token_ms!
  t.strictSame(Object.keys(times), ['planned', 'predicted', 'measured', 'measured_step'])
  t.ok(
    Object.values(times).every((ms) => ms > 0),
    'foretold and measured',
  )
  const sum = parts.stages.reduce((ms, stage) => ms + stage.compute_ms + stage.link_ms, parts.entry_ms)
  t.ok(Math.abs(sum + parts.driver_ms - times.predicted) < 1e-6, 'what is foretold is its parts')
  t.ok(parts.stages.every((stage) => stage.is_measured))
  t.ok(json.stages.every((stage) => stage.ms > 0))
})

t.test('text goes to standard output, the stages and the seed to standard error', async (t) => {
  const result = await runCommand([...BASE, ...PROMPT, '--workers', '1', '--seed', '5'], { cache })
  t.equal(result.code, 0)
  t.match(result.stdout, /^\S.*\n$/s)
  t.match(result.stderr, /driver.*\n.*worker 1\s+layers 0-7.*tokens\/s.*\n.*validator/)
  t.match(result.stderr, /seed 5/)
  const quiet = await runCommand([...BASE, ...PROMPT, '--quiet', '--seed', '5'], { cache })
  t.equal(quiet.stdout, result.stdout)
  t.equal(quiet.stderr, '')
})

t.test('a reader that leaves ends the command without a word', async (t) => {
  await using command = new RunningCommand([...BASE, '--prompt', 'Tell me a story.', '--max-tokens', '400'], {
    cache,
  })
  await command.untilWritten('stdout', /\S/)
  command.child.stdout?.destroy()
  const { code, stderr } = await command.ended
  t.equal(code, 0)
  t.notMatch(stderr, /EPIPE|error/)
})
