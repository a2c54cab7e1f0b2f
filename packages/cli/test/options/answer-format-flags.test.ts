import { Command } from 'commander'
import t from 'tap'
import type { AnswerFormatFlags } from '../../src/options/answer-format-flags.ts'
import { addAnswerFormatFlags } from '../../src/options/answer-format-flags.ts'

function parse(...args: readonly string[]): Partial<AnswerFormatFlags> {
  const command = addAnswerFormatFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return command.parse(args, { from: 'user' }).opts()
}

t.test('collects biases of several tokens', async (t) => {
  t.same(parse('--logit-bias', '12=-100', '--logit-bias=7=+1.5').logitBias, [
    [12, -100],
    [7, 1.5],
  ])
  t.equal(parse().logitBias, undefined)
})

t.test('refuses a bias that is none, and says what is allowed', async (t) => {
  for (const bias of ['12', '12=', '12=101', '12=-100.5', '-1=3', 'a=1', '1=x', '1=1e1'])
    t.throws(() => parse(`--logit-bias=${bias}`), { message: /from -100 to 100, such as 1234=-5/ }, bias)
})

t.test('takes a schema or any object, not both', async (t) => {
  t.same(parse('--json-schema', 'a.json'), { jsonSchema: 'a.json' })
  t.same(parse('--json-object'), { jsonObject: true })
  t.throws(() => parse('--json-schema', 'a.json', '--json-object'), { message: /--json-object/ })
})
