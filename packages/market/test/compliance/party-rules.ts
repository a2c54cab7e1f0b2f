import type { TransferId } from '@shardline/ledger'
import type { NodeInit } from '@shardline/market'
import { modelId, NODE_MS_MAX, PRICE_FLOOR_MAX } from '@shardline/market'
import type { Test } from 'tap'
import { marketTables } from '../../src/database/transaction.ts'
import { openPlayed } from '../support/open-played.ts'
import type { OpenAgain } from '../support/played-market.ts'

const WORK = { numericClass: 'test', memoryBytes: 4096, decodeMs: 2.5 } as const

/** What the market promises about nodes and the list of drivers. */
export async function nodeRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const played = await openPlayed(openAgain)
  const { market, model, database } = played
  const [driver, rival, stranger] = [played.id('driver'), played.id('rival'), played.id('stranger')]

  await t.test('a node says what it does, and where it is; the list of drivers has it', async (t) => {
    const said = { address: 'wss://node.example:7101', region: 'de-by' }
    await market.registerNode(driver, { roles: ['driver', 'driver'], ...said })
    await played.report(20, { workers: [rival, rival] })
    const [listing] = await market.drivers(model)
    t.same(listing, {
      driver,
      model,
      ...said,
      sealingKey: undefined,
      numericClass: 'test',
      quantization: 'q4',
      workers: [rival],
      tokensPerSecond: 20,
      reportedTokensPerSecond: 20,
      reputation: listing?.reputation,
    })
    t.match(listing?.reputation, { completed: 0, failed: 0, flagged: 0, preference: undefined })
  })

  await t.test('what a node may not say is refused and nothing is kept', async (t) => {
    const wrong: Readonly<Record<string, Partial<NodeInit>>> = {
      'no role': { roles: [] },
      'an unknown role': { roles: ['king' as 'driver'] },
      'a web page': { address: 'https://node.example' },
      'an address with words': { address: 'ws://node.example/please read this' },
      'a long address': { address: `ws://${'a'.repeat(300)}` },
      'no country': { region: 'Germany' },
      'a relay without its node': { address: 'relay://node.example:7400/somebody' },
      'a class with words': { work: { ...WORK, numericClass: 'please read this' } },
      'less memory than none': { work: { ...WORK, memoryBytes: -1 } },
      'a time that is none': { work: { ...WORK, decodeMs: Number.NaN } },
      'a price floor below nothing': { priceFloor: -1n },
      'a price floor beyond any price': { priceFloor: PRICE_FLOOR_MAX + 1n },
    }
    const everything = await played.everything()
    for (const [what, init] of Object.entries(wrong)) {
      const attempt = market.registerNode(driver, { roles: ['driver'], ...init })
      await t.rejects(attempt, { code: 'MARKET_INPUT_INVALID' }, what)
    }
    t.equal(await played.everything(), everything)
  })

  await t.test(
    'filters choose, and the best comes first: by what it has shown, then by its speed',
    async (t) => {
      await played.report(40, { by: 'rival', quantization: 'q8' })
      const names = async (filters?: Parameters<typeof market.drivers>[1]) =>
        (await market.drivers(model, filters)).map((listing) => listing.driver)
      t.same(await names(), [rival, driver], 'equal names: the faster one')
      await marketTables({ database })
        .updateTable('market.nodes')
        .set({ completed: 20n })
        .where('node', '=', driver)
        .execute()
      t.same(await names(), [driver, rival])
      t.same(await names({ quantization: 'q8' }), [rival])
      t.same(await names({ region: 'de' }), [driver])
      t.same(await names({ completedMin: 21 }), [])
      t.same(await names({ successRatioMin: 0.8 }), [driver])
      t.same(await names({ maxPrice: '0.1' }), [])
      await t.rejects(market.drivers(model, { maxPrice: 'much' }), { code: 'MARKET_INPUT_INVALID' })
      await t.rejects(market.drivers(modelId('nobody/knows')), { code: 'MARKET_NOT_FOUND' })
    },
  )

  await t.test('a node that leaves takes its capacities with it, and keeps its name', async (t) => {
    const { seq } = await played.now()
    await market.withdrawNode(driver)
    t.same(
      (await market.drivers(model)).map((listing) => listing.driver),
      [rival],
    )
    t.match(await played.now(), { seq: seq + 1n, supply: '40' })
    await t.rejects(played.report(20), { code: 'MARKET_FORBIDDEN' })
    await t.rejects(played.open(), { code: 'MARKET_NOT_FOUND' })
    await market.withdrawNode(driver)
    await market.withdrawNode(stranger)
    t.match(await played.now(), { seq: seq + 1n }, 'again is nothing')
    await market.registerNode(driver, { roles: ['driver'] })
    await played.report(20)
    const back = (await market.drivers(model)).find((listing) => listing.driver === driver)
    t.match(back, {
      reputation: { completed: 20 },
      address: undefined,
      region: undefined,
    })
  })

  await t.test('a node that is no driver any more is not listed as one', async (t) => {
    await market.registerNode(rival, { roles: ['worker'] })
    t.same(
      (await market.drivers(model)).map((listing) => listing.driver),
      [driver],
    )
    await t.rejects(played.open({ driver: rival }), { code: 'MARKET_NOT_FOUND' })
  })

  await t.test('who can be dialed is listed by role, for as long as it says so', async (t) => {
    const worker = played.id('user')
    const address = `relay://relay.example:7400/${worker}`
    await market.registerNode(worker, { roles: ['worker', 'validator'], address, region: 'de', work: WORK })
    await market.registerNode(stranger, { roles: ['worker'], address: 'ws://10.0.0.7:7101' })
    const names = async (role: 'driver' | 'worker' | 'validator') =>
      (await market.nodes(role)).map(({ node }) => node)
    t.same((await names('worker')).toSorted(), [stranger, worker].toSorted())
    t.same(await names('validator'), [worker])
    t.same(await names('driver'), [], 'those that only dial out are not')
    t.match(await market.nodes('validator'), [
      { node: worker, roles: ['worker', 'validator'], address, region: 'de', work: WORK },
    ])
    played.clock.advance(NODE_MS_MAX - 1)
    await market.registerNode(stranger, { roles: ['worker'], address: 'ws://10.0.0.7:7101' })
    played.clock.advance(1)
    t.same(await names('worker'), [stranger], 'who is silent is not there any more')
    t.equal((await market.nodes('worker'))[0]?.work, undefined)
    await market.withdrawNode(stranger)
    t.same(await names('worker'), [])
  })

  await t.test(
    'a node is listed with the price floor that it said last, and with none by default',
    async (t) => {
      const said = { roles: ['worker'] as const, address: 'ws://10.0.0.7:7101' }
      const floor = async () => (await market.nodes('worker')).map(({ priceFloor }) => priceFloor)
      await market.registerNode(stranger, { ...said, priceFloor: PRICE_FLOOR_MAX })
      t.same(await floor(), [PRICE_FLOOR_MAX])
      await market.registerNode(stranger, { ...said, priceFloor: 0n })
      t.same(await floor(), [0n])
      await market.registerNode(stranger, said)
      t.same(await floor(), [undefined])
      await market.withdrawNode(stranger)
    },
  )
}

/** What the market promises about credits that come from outside. */
export async function accountRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const played = await openPlayed(openAgain)
  const { market } = played
  const [operator, stranger] = [played.id('operator'), played.id('stranger')]
  const id = played.newId() as string as TransferId

  await t.test('a deposit takes place once, however often it is sent', async (t) => {
    t.same(await market.balance(stranger), { party: stranger, available: 0n, held: 0n })
    const init = { id, party: stranger, amount: 1_000n }
    const answers = await Promise.all(Array.from({ length: 8 }, () => market.deposit(operator, init)))
    for (const answer of answers) t.same(answer, { party: stranger, available: 1_000n, held: 0n })
    t.same(await market.balance(stranger), answers[0])
  })

  await t.test(
    'an id that was used for another one is refused, and so is who may not and what is none',
    async (t) => {
      const init = { id, party: stranger, amount: 1_000n }
      const exists = { code: 'MARKET_REQUEST_EXISTS' }
      await t.rejects(market.deposit(operator, { ...init, amount: 1_001n }), exists)
      await t.rejects(market.deposit(operator, { ...init, party: played.id('user') }), exists)
      await t.rejects(market.deposit(stranger, { ...init, id: played.newId() as string as TransferId }), {
        code: 'MARKET_FORBIDDEN',
      })
      for (const amount of [0n, -1n, 10n ** 18n + 1n, 2n ** 64n]) {
        await t.rejects(market.deposit(operator, { ...init, amount }), { code: 'MARKET_INPUT_INVALID' })
      }
      const zero = '00000000-0000-0000-0000-000000000000' as TransferId
      await t.rejects(market.deposit(operator, { ...init, id: zero }), { code: 'MARKET_INPUT_INVALID' })
      t.match(await market.balance(stranger), { available: 1_000n, held: 0n })
    },
  )

  await t.test('what all own is what was deposited, through a whole life', async (t) => {
    const names = ['user', 'stranger', 'driver', 'rival'] as const
    const total = async (): Promise<bigint> => {
      const purses = await Promise.all(names.map((name) => market.balance(played.id(name))))
      return purses.reduce((sum, { available, held }) => sum + available + held, 0n)
    }
    const before = await total()
    await played.report(50)
    const done = await played.completed({ prompt: 100_000, output: 100_000 })
    const { fee = 0n, billed = 0n } = done.settlement ?? {}
    t.ok(fee > 0n && billed > fee)
    t.equal(before - (await total()), fee, 'but for the fee')
    t.match(await market.balance(played.id('driver')), { available: billed - fee, held: 0n })
  })
}
