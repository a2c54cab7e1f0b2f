import t from 'tap'
import { askOf, textAsk } from '../../src/index.ts'
import { promptTokensBound } from '../../src/market-source/prompt-bound.ts'

const SETTINGS = { templateTokensPerMessageMax: 10, templateTokensMax: 100, templateToolTokensMax: 1000 }

t.test('ids count themselves', async (t) => {
  t.equal(promptTokensBound(askOf({ kind: 'ids', ids: [4, 5, 6] }), SETTINGS), 3)
})

t.test('a text has at most as many tokens as bytes in UTF-8', async (t) => {
  t.equal(promptTokensBound(askOf({ kind: 'text', text: 'aé漢🦊' }), SETTINGS), 1 + 2 + 3 + 4 + 100)
})

t.test('messages count with their roles and further fields, and room for the template', async (t) => {
  t.equal(promptTokensBound(textAsk('fox'), SETTINGS), 'user'.length + 3 + 10 + 100)
  const messages = [
    { role: 'user', content: 'fox', extra: null },
    { role: 'tool', content: null, extra: '{"name":"x"}' },
  ]
  const tools = '[{"type":"function"}]'
  const plain = 7 + 10 + 4 + 12 + 10 + 100
  t.equal(promptTokensBound(askOf({ kind: 'messages', messages, tools: null }), SETTINGS), plain)
  t.equal(
    promptTokensBound(askOf({ kind: 'messages', messages, tools }), SETTINGS),
    plain + 2 * tools.length + 1000,
  )
})
