import { randomUUID } from 'node:crypto'
import { base64 } from '@scure/base'
import { textAsk } from '@shardline/client'
import { SeededRandom, systemClock } from '@shardline/core'
import { encryptionKeysOf, openPrompt } from '@shardline/identity'
import { askContent } from '@shardline/wire'
import t from 'tap'
import {
  GUIDE_POLICY,
  guideExamples,
  guideSite,
  serveSite,
  skipWithoutBrowser,
} from '../support/browser-page.ts'
import type { SitePage } from '../support/browser-page.ts'
import { ServedMarket } from '../support/served-market.ts'

const USER = 7

/** What a page did on a market. */
interface PageRequest {
  readonly id: string
  readonly hold: string
  readonly quotedHold: string
  readonly driver: string
  /** Of its own requests, as events tell. */
  readonly state: string
  /** The prompt, read again. */
  readonly own: unknown
}

/** What the guide shows of a user who comes back, and of a market, as one module. */
function marketModule(): string {
  const examples = guideExamples()
  const exampleWith = (word: string): string => examples.find((text) => text.includes(word)) ?? ''
  return `
    import * as shardline from './shardline-client.js'

    const { systemClock: clock, systemRandom: random } = shardline
    globalThis.askMarket = async ({ url, marketId, model }) => {
      ${exampleWith('identityFromSeed')}
      ${exampleWith('connectMarket').replace('await market.submit', 'const submitted = await market.submit')}
      let state
      for await (const event of market.events({ topics: ['requests'] })) {
        state = event.requests.find(({ id }) => id === request.id).state
        break
      }
      const { content: own } = await market.readPrompt(submitted.sealedPrompt)
      const { id, driver, hold } = request
      return { id, driver, own, state, hold: String(hold), quotedHold: String(quote.hold) }
    }`
}

async function askMarket({ page }: SitePage, { url, identity, model }: ServedMarket): Promise<PageRequest> {
  const seed = Array.from(new SeededRandom(USER).bytes(32)).join()
  const asked = JSON.stringify({ url, marketId: identity.id, model })
  return page.evaluate<PageRequest>(`(async () => {
    localStorage.setItem('seed', '${seed}')
    await import('./market.js')
    return askMarket(${asked})
  })()`)
}

t.test(
  'a page opens a request on a market and seals to its driver',
  { skip: skipWithoutBrowser },
  async (t) => {
    const files = new Map([...guideSite(), ['/market.js', marketModule()]])
    await using site = await serveSite(files, `${GUIDE_POLICY} http://127.0.0.1:*`)
    await using served = await ServedMarket.open({}, { allowedOrigins: [site.origin] })
    const driver = await served.driver(1)
    await served.user(USER)
    const open = await site.open()
    const request = await askMarket(open, served)
    t.equal(request.driver, driver.identity.id)
    t.equal(request.hold, request.quotedHold, 'what was quoted is what is held')
    t.equal(request.state, 'PENDING')
    const content = textAsk('Tell me a story.')
    t.same(request.own, content, 'the page reads its own prompt again')
    t.same(open.complaints, [])

    const work = await driver.work.claim({ key: randomUUID(), id: request.id })
    if (work === undefined) throw new Error('nothing to claim')
    const expected = { requestId: request.id, driverId: driver.identity.id, lockedPrice: work.hold }
    const sealed = base64.decode(work.sealedPrompt)
    const keys = await encryptionKeysOf(driver.keys)
    const opened = await openPrompt({ sealed, keys, clock: systemClock, expected })
    t.same(askContent.decode(opened.prompt), content, 'its driver opens it')
  },
)
