import { connectWorkSource } from '@shardline/client'
import { systemClock, systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import t from 'tap'
import { ServedMarket } from '../support/served-market.ts'

const served = await ServedMarket.open()
t.teardown(() => served[Symbol.asyncDispose]())

const WORK = { numericClass: 'x64-0a1b2c3d', memoryBytes: 8_589_934_592, decodeMs: 41.5 }

t.test('drivers find the nodes of a market by their role, with what they said of themselves', async (t) => {
  const world = { url: served.url, clock: systemClock, random: systemRandom }
  const identity = await createIdentity(systemRandom)
  const node = connectWorkSource({ ...world, identity })
  const address = `relay://relay.example:7400/${identity.id}`
  const anybody = connectWorkSource(world)
  t.same(await anybody.nodes('worker'), [])
  await node.register({ roles: ['worker'], address, region: 'de', work: WORK })
  t.same(await anybody.nodes('worker'), [
    { node: identity.id, address, region: 'de', work: WORK, priceFloor: undefined, completed: 0 },
  ])
  t.same(await anybody.nodes('validator'), [])
  await node.register({ roles: ['validator'], address: 'ws://10.0.0.7:7101', priceFloor: '120' })
  t.same(await anybody.nodes('worker'), [])
  t.same(await anybody.nodes('validator'), [
    {
      node: identity.id,
      address: 'ws://10.0.0.7:7101',
      region: undefined,
      work: undefined,
      priceFloor: 120n,
      completed: 0,
    },
  ])
  await node.withdraw()
  t.same(await anybody.nodes('validator'), [])
})

t.test('a node that says what can not be is refused', async (t) => {
  const identity = await createIdentity(systemRandom)
  const node = connectWorkSource({
    url: served.url,
    clock: systemClock,
    random: systemRandom,
    identity,
  })
  for (const work of [
    { ...WORK, memoryBytes: -1 },
    { ...WORK, numericClass: 'two words' },
  ]) {
    await t.rejects(node.register({ roles: ['worker'], work }), { code: 'CLIENT_MARKET_REFUSED' })
  }
})
