import t from 'tap'
import { askInPage, GUIDE_POLICY, guideSite, serveSite, skipWithoutBrowser } from '../support/browser-page.ts'
import { shardline } from '../support/shardline-command.ts'
import { storyteller } from '../support/test-models.ts'

const PROMPT = 'Tell me a story about a cat.'

t.test('a page asks a cluster of processes', { skip: skipWithoutBrowser }, async (t) => {
  await using site = await serveSite(guideSite(), GUIDE_POLICY)
  const line = ['up', '--serve', '0', '--allow-origin', site.origin, '--model', storyteller]
  await using cluster = shardline(line)
  const [, invite = ''] = await cluster.untilWritten(/^invite (shardline1[0-9a-z]+)$/m)
  const open = await site.open()
  const { text, state } = await askInPage(open, { invite, text: PROMPT })
  t.match(state, /every token is signed by shard1/)
  t.same(open.complaints, [])
  const seed = /seed (\d+)/.exec(state)?.[1] ?? ''
  const alone = shardline([
    'generate',
    '--workers',
    '0',
    '--model',
    storyteller,
    '--seed',
    seed,
    '--json',
    '--prompt',
    PROMPT,
  ])
  const generated = JSON.parse(await alone.output) as { readonly text: string }
  t.ok(text.length > 20, text)
  t.equal(text, generated.text, 'shardline generate gives the same of this seed')
})
