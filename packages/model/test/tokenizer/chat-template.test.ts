import { ManualClock } from '@shardline/core'
import t from 'tap'
import { chatTemplateFromFiles, chatTemplateFromGguf } from '../../src/tokenizer/chat-template-from.ts'
import { createChatTemplate } from '../../src/tokenizer/chat-template.ts'
import { MemoryFiles } from '../support/memory-files.ts'

const CHATML =
  "{% for message in messages %}{{ bos_token + message['role'] + ':' + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}>{% endif %}"
const HI = [{ role: 'user', content: 'Hi' }] as const

t.test('renders messages, the tokens around them and the start of the answer', async (t) => {
  const template = createChatTemplate(CHATML, { bosToken: '<s>', eosToken: '</s>' })
  t.equal(template.source, CHATML)
  t.equal(template.render(HI), '<s>user:Hi</s>>')
  t.equal(template.render(HI, { addGenerationPrompt: false }), '<s>user:Hi</s>')
  t.equal(createChatTemplate(CHATML).render(HI), 'user:Hi>')
})

t.test('finds the template in each place, the file of its own first', async (t) => {
  const settings = (chat_template: unknown): string =>
    JSON.stringify({ bos_token: 'B', eos_token: { content: 'E' }, chat_template })
  const render = async (files: Record<string, string>): Promise<string | undefined> =>
    (await chatTemplateFromFiles(new MemoryFiles(files)))?.render(HI)
  t.equal(await render({}), undefined)
  t.equal(await render({ 'tokenizer_config.json': settings(undefined) }), undefined)
  t.equal(await render({ 'tokenizer_config.json': settings(CHATML) }), 'Buser:HiE>')
  const list = [
    { name: 'tool_use', template: 'tools' },
    { name: 'default', template: CHATML },
  ]
  t.equal(await render({ 'tokenizer_config.json': settings(list) }), 'Buser:HiE>')
  t.equal(
    await render({ 'tokenizer_config.json': settings('old'), 'chat_template.jinja': '{{ eos_token }}!' }),
    'E!',
  )
  const header = new Map<string, string | number | readonly string[]>([
    ['tokenizer.chat_template', CHATML],
    ['tokenizer.ggml.tokens', ['x', 'y']],
    ['tokenizer.ggml.bos_token_id', 0],
    ['tokenizer.ggml.eos_token_id', 1],
  ])
  t.equal(chatTemplateFromGguf(header)?.render(HI), 'xuser:Hiy>')
  t.equal(chatTemplateFromGguf(new Map()), undefined)
})

t.test('what a template raises is a coded error with its words', async (t) => {
  const template = createChatTemplate("{{ raise_exception('roles must alternate') }}")
  t.throws(() => template.render(HI), { code: 'MODEL_CHAT_TEMPLATE', message: /roles must alternate/ })
  t.throws(() => createChatTemplate('{% if %}'), { code: 'MODEL_CHAT_TEMPLATE' })
  t.throws(() => createChatTemplate('{{ absent() }}').render(HI), { code: 'MODEL_CHAT_TEMPLATE' })
  t.throws(() => createChatTemplate(' '.repeat(300_000)), { code: 'MODEL_CHAT_TEMPLATE', message: /limit/ })
})

t.test('hostile templates are bounded in time and output', async (t) => {
  const init = { renderMsMax: 60_000, charactersMax: 1000 }
  const loops = '{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}'
  t.throws(() => createChatTemplate(loops, { ...init, renderMsMax: 100 }).render(HI), {
    code: 'MODEL_CHAT_TEMPLATE',
    message: /100 ms/,
  })
  t.throws(() => createChatTemplate('{% for i in range(1000000000) %}{% endfor %}', init).render(HI), {
    code: 'MODEL_CHAT_TEMPLATE',
    message: /range/,
  })
  t.throws(() => createChatTemplate('{% for i in range(0, 1, 0) %}{% endfor %}', init).render(HI), {
    code: 'MODEL_CHAT_TEMPLATE',
  })
  t.throws(() => createChatTemplate('{% for i in range(500) %}xyz{% endfor %}', init).render(HI), {
    code: 'MODEL_CHAT_TEMPLATE',
    message: /1000/,
  })
  const doubling =
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}"
  t.throws(() => createChatTemplate(doubling, init).render(HI), { code: 'MODEL_CHAT_TEMPLATE' })
})

t.test('range counts as in Python', async (t) => {
  const render = (source: string): string => createChatTemplate(source).render(HI)
  t.equal(render('{% for i in range(3) %}{{ i }}{% endfor %}'), '012')
  t.equal(render('{% for i in range(2, 5) %}{{ i }}{% endfor %}'), '234')
  t.equal(render('{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}'), '531')
  t.equal(render('{% for i in range(3, 1) %}{{ i }}{% endfor %}'), '')
})

t.test("today's date comes from the clock", async (t) => {
  const clock = new ManualClock(Date.UTC(2024, 1, 3, 4, 5, 6))
  const render = (format: string): string =>
    createChatTemplate(`{{ strftime_now('${format}') }}`, { clock }).render(HI)
  t.equal(render('%d %b %Y'), '03 Feb 2024')
  t.equal(render('%A, %B %d %H:%M:%S 100%%'), 'Saturday, February 03 04:05:06 100%')
  t.throws(() => render('%q'), { code: 'MODEL_CHAT_TEMPLATE', message: /%q/ })
})

t.test('a template cannot change the messages of its caller', async (t) => {
  const messages = [{ role: 'user', content: 'Hi' }] as const
  const template = createChatTemplate(
    '{% set ns = namespace(m=messages) %}{% set ns.m = [] %}{% set messages = ns.m %}{{ messages | length }}',
  )
  t.equal(template.render(messages), '0')
  t.equal(template.render(messages), '0')
  t.same(messages, [{ role: 'user', content: 'Hi' }])
})

t.test('a template that reads tools gets them, and the further fields of turns', async (t) => {
  const template = createChatTemplate(
    '{%- if tools %}{{ tools[0].function.name }};{% endif %}{% for m in messages %}{{ m.role }}:{{ m.content }}:{{ m.tool_call_id }};{% endfor %}',
  )
  t.equal(template.takesTools, true)
  const turns = [
    { role: 'user', content: 'Hi' },
    { role: 'tool', content: '4', extra: { tool_call_id: 'c1', role: 'system' } },
  ]
  t.equal(template.render(turns), 'user:Hi:;tool:4:c1;', 'a further field is no other role')
  const tools = [{ type: 'function', function: { name: 'add' } }]
  t.equal(template.render(turns.slice(0, 1), { tools }), 'add;user:Hi:;')
  t.equal(createChatTemplate(CHATML).takesTools, false)
  t.equal(createChatTemplate('tools {{ mytools }}').takesTools, false)
})
