import t from 'tap'
import { formatInvite, SAMPLING_OF_DRIVER, textAsk } from '@shardline/client'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Pipeline } from '@shardline/driver'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import type { PeerRole, Transport } from '@shardline/wire'
import { startAskedCluster } from '../support/asked-cluster.ts'
import type { AskedCluster, AskedClusterInit } from '../support/asked-cluster.ts'
import { askInPage, GUIDE_POLICY, guideSite, serveSite, skipWithoutBrowser } from '../support/browser-page.ts'
import type { PageAnswer, SitePage } from '../support/browser-page.ts'
import { lyingPipeline } from '../support/lying-pipeline.ts'
import type { Lie } from '../support/lying-pipeline.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const STORY = 'Tell me a story about a fox and a key.'

/** A cluster whose driver web pages of these origins can reach. */
function clusterFor(origins: readonly string[], more: Partial<AskedClusterInit> = {}): Promise<AskedCluster> {
  const transport = (identity: Identity): Transport => transportOf('driver', identity, origins)
  const door = { listen: 'ws://127.0.0.1:0', transport }
  return startAskedCluster({ cacheFolder: sharedCacheFolder(), workers: 1, door, ...more })
}

const transportOf = (role: PeerRole, identity: Identity, originsAllowed: readonly string[]): Transport =>
  new WebSocketTransport(
    { clock: systemClock, log: silentLog },
    { self: { node: role, role, software: 'test' }, security: { identity }, originsAllowed },
  )

/** The answer of the same seed, asked by a program. */
async function askInNode(cluster: AskedCluster, seed: number): Promise<string> {
  const identity = await createIdentity(systemRandom)
  const source = await cluster.connect({ identity, transport: transportOf('client', identity, []) })
  const content = textAsk(STORY, { sampling: { ...SAMPLING_OF_DRIVER, seed } })
  let text = ''
  for await (const event of source.ask(content)) if (event.type === 'piece') text += event.text
  return text
}

/** Asks for the story in the guide's page. */
function ask(open: SitePage, { target }: Pick<AskedCluster, 'target'>): Promise<PageAnswer> {
  return askInPage(open, { invite: formatInvite(target), text: STORY })
}

const honest: Lie = (chunk) => [chunk]

t.test('in a browser', { skip: skipWithoutBrowser }, async (t) => {
  const files = guideSite()
  t.same([...files.keys()], ['/index.html', '/page.js', '/shardline-client.js'])
  await using site = await serveSite(files, GUIDE_POLICY)
  let lieNow: Lie = honest
  const disguise = (pipeline: Pipeline): Pipeline => lyingPipeline(pipeline, () => lieNow)
  await using cluster = await clusterFor([site.origin], { disguise })
  const signer = cluster.target.validators?.[0]

  await t.test('the page of the guide seals, streams and verifies what the model says', async (t) => {
    const open = await site.open()
    const { text, state } = await ask(open, cluster)
    t.match(state, `every token is signed by ${signer}`)
    const seed = Number(/seed (\d+)/.exec(state)?.[1])
    t.ok(text.length > 20, text)
    t.equal(text, await askInNode(cluster, seed), 'a program gets the same of this seed')
    t.same(open.complaints, [], 'nothing failed, and the policy was kept')
    const bytes = Buffer.concat(open.traffic).toString('latin1')
    t.ok(bytes.length > text.length, 'its WebSocket was watched')
    for (const word of [STORY, text.slice(0, 20), 'sampling', 'logprobs']) t.notOk(bytes.includes(word), word)
  })

  await t.test('a driver that changes one token is caught in the page, at its place', async (t) => {
    lieNow = (chunk, number) =>
      number === 41 && chunk.token !== undefined
        ? [{ ...chunk, token: { ...chunk.token, id: chunk.token.id + 1 } }]
        : [chunk]
    const { state } = await ask(await site.open(), cluster)
    t.match(state, /from token 40 on.*\[CLIENT_TOKENS_UNVERIFIED\]/)
  })

  await t.test('a driver that changes the text, or keeps signatures back, is caught too', async (t) => {
    lieNow = (chunk, number) => [number === 5 ? { ...chunk, text: ' wolf' } : chunk]
    const open = await site.open()
    t.match(await ask(open, cluster), { state: /the text is not what.*\[CLIENT_TOKENS_UNVERIFIED\]/ })
    lieNow = (chunk) => [{ ...chunk, window: undefined }]
    t.match(await ask(open, cluster), { state: /are not signed.*\[CLIENT_TOKENS_UNVERIFIED\]/ })
    lieNow = honest
  })

  await t.test('another driver than the invite names is refused', async (t) => {
    const stranger = await createIdentity(systemRandom)
    const target = { ...cluster.target, driver: stranger.id }
    t.match(await ask(await site.open(), { target }), { state: /\[CLIENT_DRIVER_UNREACHABLE\]/ })
  })

  await t.test('a page that may not run WebAssembly is told so', async (t) => {
    const policy = GUIDE_POLICY.replace(" 'wasm-unsafe-eval'", '')
    await using other = await serveSite(files, policy)
    t.match(await ask(await other.open(), cluster), {
      state: /'wasm-unsafe-eval'.*\[IDENTITY_CRYPTO_UNAVAILABLE\]/,
    })
  })

  await t.test('a page of an origin that the driver does not allow gets no link', async (t) => {
    await using other = await serveSite(files, GUIDE_POLICY)
    const open = await other.open()
    t.match(await ask(open, cluster), { state: /browsers do not tell.*\[CLIENT_DRIVER_UNREACHABLE\]/ })
    t.match(open.complaints.join(), /403/)
  })
})
