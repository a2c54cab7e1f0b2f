import t from 'tap'
import {
  costOf,
  paidAsk,
  readAnswer,
  STORY,
  STORY_TOKENS,
  SweptMarket,
  until,
} from '../support/paid-place.ts'
import type { PaidPlace } from '../support/paid-place.ts'
import { CREDITS } from '../support/served-market.ts'

const market = await SweptMarket.open()
t.teardown(() => market[Symbol.asyncDispose]())

/** Those that weren't asked yet behave from now on. */
function spareOthers({ drivers }: PaidPlace, isLying = false): void {
  for (const driver of drivers) {
    if (driver.asks.length > 0) continue
    driver.mishap = undefined
    driver.isLying = isLying
  }
}

/** A claim whose driver is gone. */
async function claimLapses(isGone: () => boolean): Promise<void> {
  await until(isGone)
  market.lapse()
}

for (const kind of ['die', 'fail'] as const) {
  t.test(`another driver goes on with the same text when one is lost (${kind})`, async (t) => {
    await using place = await market.place({ drivers: 2 })
    const { source, user, drivers } = place
    for (const driver of drivers) driver.mishap = { afterTokens: 6, kind }
    const reading = readAnswer(source.ask(paidAsk()), () => spareOthers(place))
    if (kind === 'die') await claimLapses(() => drivers.some(({ isListening }) => !isListening))
    const answer = await reading
    t.same(answer.texts, [STORY])
    t.match(answer, { restagings: 1, windowTokens: 4 + 4 + 4 }, 'windows sign each token once')
    t.match(answer.report, { isFailover: true, isVerified: true, billed: costOf(STORY_TOKENS) })
    const asked = drivers.flatMap(({ asks }) => asks)
    t.equal(asked.length, 2)
    t.equal(new Set(asked.map(({ ask }) => ask)).size, 1, 'it is one request')
    t.ok(
      asked.every(({ isAsAtMarket }) => isAsAtMarket),
      'what a driver gets is what the market has',
    )
    t.match(await user.client.balance(), { available: CREDITS - costOf(STORY_TOKENS), held: 0n })
  })
}

t.test('a driver that comes back goes on with the same text, under a new key', async (t) => {
  await using place = await market.place()
  const { driver } = place
  driver.mishap = { afterTokens: 9, kind: 'die' }
  const reading = readAnswer(place.source.ask(paidAsk()))
  await until(() => driver.mishap === undefined)
  await place.served.rotate(driver.driver)
  await driver.listen()
  market.lapse()
  const { texts, report } = await reading
  t.same(texts, [STORY])
  t.match(report, { isFailover: true, billed: costOf(STORY_TOKENS) })
})

t.test('choices that had ended stay as they were', async (t) => {
  await using place = await market.place({ drivers: 2 })
  for (const driver of place.drivers) driver.mishap = { afterTokens: 15, kind: 'fail' }
  const { texts, report } = await readAnswer(place.source.ask(paidAsk({ choices: 2 })), () =>
    spareOthers(place),
  )
  t.equal(texts[0], STORY)
  t.equal(texts.length, 2)
  t.match(report, { isFailover: true, billed: costOf(2 * STORY_TOKENS) })
})

t.test('a second run that says something else ends the answer by name, unpaid', async (t) => {
  await using place = await market.place({ drivers: 2 })
  const { source, user, drivers } = place
  for (const driver of drivers) driver.mishap = { afterTokens: 3, kind: 'fail' }
  const answer = source.ask(paidAsk())
  let tokens = 0
  const reading = readAnswer(answer, (event) => {
    if (event.type === 'piece') tokens += event.tokens.length
    spareOthers(place, true)
  })
  await t.rejects(reading, { code: 'CLIENT_ANSWER_DIVERGED', place: { choice: 0 } })
  t.equal(tokens, 3)
  await t.rejects(answer.report, { code: 'CLIENT_ANSWER_DIVERGED' })
  t.match(await user.client.requests(), [{ settlement: undefined, acknowledged: { output: 0 } }])
})

t.test('a driver that is cut off behind the last token has answered', async (t) => {
  await using place = await market.place()
  const { source, user, driver } = place
  driver.mishap = { afterTokens: Number.POSITIVE_INFINITY, kind: 'cut-at-end' }
  const answer = await readAnswer(source.ask(paidAsk()))
  t.same(answer.texts, [STORY])
  t.match(answer, { restagings: 0 })
  t.match(answer.report, { isFailover: false, isVerified: true })
  await until(async () => (await user.client.requests())[0]?.state === 'COMPLETED')
  t.equal(driver.asks.length, 1, 'and is asked no more')
  t.match(await user.client.balance(), { available: CREDITS - costOf(STORY_TOKENS), held: 0n })
})

t.test('what a driver lost by its death behind the last token is taken back for nothing', async (t) => {
  await using place = await market.place()
  const { source, user, driver } = place
  driver.mishap = { afterTokens: Number.POSITIVE_INFINITY, kind: 'die-at-end' }
  const reading = readAnswer(source.ask(paidAsk()))
  await claimLapses(() => driver.mishap === undefined)
  const answer = await reading
  t.same(answer.texts, [STORY])
  await until(async () => (await user.client.requests())[0]?.state === 'CANCELLED')
  t.match(await user.client.balance(), { available: CREDITS, held: 0n })
})

t.test(
  'a driver that says it delivered what was cut off is paid for that, and the answer fails',
  async (t) => {
    await using place = await market.place()
    const { source, user, driver } = place
    driver.mishap = { afterTokens: 6, kind: 'cut' }
    const answer = source.ask(paidAsk())
    await t.rejects(readAnswer(answer), {
      code: 'CLIENT_REQUEST_DELIVERED',
      cause: { code: 'CLIENT_DRIVER_LOST' },
    })
    await until(async () => (await user.client.requests())[0]?.state === 'DELIVERED')
    await until(async () => (await user.client.requests())[0]?.acknowledged.output === 4)
    t.match(await user.client.requests(), [{ state: 'DELIVERED', acknowledged: { output: 4 } }])
  },
)
