import fc from 'fast-check'
import t from 'tap'
import { InvalidArgumentError } from 'commander'
import {
  areOnThisMachine,
  collectPartyId,
  formatListen,
  isLoopback,
  parseListen,
  parseNodeAddress,
  parseNodeAddresses,
  parseRelay,
} from '../../src/options/parse-address.ts'
import { parseLayerList, parseLayers } from '../../src/options/parse-layers.ts'
import { integerWithin, numberWithin } from '../../src/options/parse-number.ts'

const seed = Number(process.env['SEED'] ?? 20_251)
t.comment(`SEED=${seed}`)

t.test('whole numbers are taken within their bounds, bounds included', async (t) => {
  const parse = integerWithin({ min: 1, max: 8 })
  t.equal(parse('1'), 1)
  t.equal(parse('8'), 8)
  for (const text of ['0', '9', '', ' ', '1.5', '1e1', '0x2', 'two', '-1', 'NaN', '∞']) {
    t.throws(() => parse(text), /Allowed is a whole number from 1 to 8/, text)
  }
})

t.test('every whole number within the bounds is read as it is written', async () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const bounds = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }
      return Object.is(integerWithin(bounds)(String(value)) + 0, value + 0)
    }),
    { seed },
  )
})

t.test('decimal numbers are taken within their bounds', async (t) => {
  const parse = numberWithin({ min: 0, max: 1 })
  t.equal(parse('0'), 0)
  t.equal(parse('.5'), 0.5)
  t.equal(parse('1e-3'), 0.001)
  for (const text of ['', ' ', '1.01', '-0.1', 'Infinity', 'NaN', 'x']) {
    t.throws(() => parse(text), InvalidArgumentError, text)
  }
})

t.test('layers are ranges or single layers, in order', async (t) => {
  t.same(parseLayers('3'), { first: 3, count: 1 })
  t.same(parseLayerList('0-3,4,5-7'), [
    { first: 0, count: 4 },
    { first: 4, count: 1 },
    { first: 5, count: 3 },
  ])
  for (const text of ['', '3-', '-3', '5-2', 'a-b', '0-3,', '1000000000']) {
    t.throws(() => parseLayerList(text), InvalidArgumentError, text)
  }
  t.throws(() => parseLayerList(Array.from({ length: 65 }, () => '0').join(',')), /up to 64 ranges/)
})

t.test('a port alone listens on loopback', async (t) => {
  t.same(parseListen('7101'), { host: '127.0.0.1', port: 7101 })
  t.same(parseListen(':0'), { host: '127.0.0.1', port: 0 })
  t.same(parseListen('0.0.0.0:80'), { host: '0.0.0.0', port: 80 })
  t.same(parseListen('[::1]:80'), { host: '::1', port: 80 })
  t.equal(formatListen(parseListen('[::1]:80')), 'ws://[::1]:80')
  t.equal(formatListen(parseListen('localhost:80')), 'ws://localhost:80')
  for (const text of ['', 'localhost', '1.2.3.4:', '1.2.3.4:65536', 'a:b', '::1:80', 'ws://a:1']) {
    t.throws(() => parseListen(text), InvalidArgumentError, text)
  }
})

t.test('only loopback counts as this machine alone', async (t) => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) t.ok(isLoopback(host), host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'example.org', '127.evil.example']) {
    t.notOk(isLoopback(host), host)
  }
})

t.test('nodes are named by address, host and port, or port', async (t) => {
  t.equal(parseNodeAddress('ws://10.0.0.2:7101/'), 'ws://10.0.0.2:7101')
  t.equal(parseNodeAddress('wss://node.example:443'), 'wss://node.example:443')
  t.equal(parseNodeAddress('10.0.0.2:7101'), 'ws://10.0.0.2:7101')
  t.equal(parseNodeAddress('7101'), 'ws://127.0.0.1:7101')
  t.same(parseNodeAddresses('7101, 7103'), ['ws://127.0.0.1:7101', 'ws://127.0.0.1:7103'])
  for (const text of ['', 'host', 'http://host:80', 'ws://host', '7101,', 'ws://:80']) {
    t.throws(() => parseNodeAddresses(text), InvalidArgumentError, text)
  }
})

t.test('node addresses may say who has to be there', async (t) => {
  const id = `shard1${'q'.repeat(58)}`
  t.equal(parseNodeAddress(`7101#${id}`), `ws://127.0.0.1:7101#${id}`)
  t.equal(parseNodeAddress(`ws://10.0.0.2:7101/#${id}`), `ws://10.0.0.2:7101#${id}`)
  t.same(collectPartyId(id, collectPartyId(id, [])), [id, id])
  t.ok(areOnThisMachine([parseNodeAddress(`7101#${id}`)]))
  for (const text of ['7101#', '7101#me', `7101#${id}x`, `7101#${id.toUpperCase()}`, `#${id}`]) {
    t.throws(() => parseNodeAddress(text), InvalidArgumentError, text)
  }
})

t.test('nodes behind a relay are whom the relay is asked for, unless somebody else is named', async (t) => {
  const [id, other] = [`shard1${'q'.repeat(58)}`, `shard1${'p'.repeat(58)}`]
  t.equal(parseNodeAddress(`relay://10.0.0.2:7400/${id}`), `relay://10.0.0.2:7400/${id}#${id}`)
  t.equal(parseNodeAddress(`relays://r.example/${id}#${other}`), `relays://r.example/${id}#${other}`)
  t.notOk(areOnThisMachine([`relay://127.0.0.1:7400/${id}#${id}`]), 'whatever machine its relay is on')
  for (const text of [
    'relay://10.0.0.2:7400',
    'relay://10.0.0.2:7400/somebody',
    `relay:///${id}`,
    `relay:${id}`,
  ])
    t.throws(() => parseNodeAddress(text), InvalidArgumentError, text)
})

t.test('relays are named by host and port, and may say who they have to be', async (t) => {
  const id = `shard1${'q'.repeat(58)}`
  t.equal(parseRelay('relay://10.0.0.2:7400/'), 'relay://10.0.0.2:7400')
  t.equal(parseRelay(` relays://relay.example#${id} `), `relays://relay.example#${id}`)
  for (const text of [
    '',
    '7400',
    'ws://a:1',
    'relay://',
    'relay:///',
    'relay://a:99999',
    `relay://a:1/${id}`,
    'relay://a:1#me',
  ])
    t.throws(() => parseRelay(text), InvalidArgumentError, text)
})

t.test('nodes are on this machine if all of their addresses are loopback', async (t) => {
  t.ok(areOnThisMachine(['ws://127.0.0.1:7101', 'ws://localhost:7103', 'ws://[::1]:7102']))
  t.notOk(areOnThisMachine(['ws://127.0.0.1:7101', 'ws://10.0.0.2:7102']))
})
