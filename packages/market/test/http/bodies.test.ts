import t from 'tap'
import { MODEL } from '../support/market-double.ts'
import { serveDouble } from '../support/double-server.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

t.test('refuses bodies that no honest client sends', async (t) => {
  await using double = await serveDouble({ bodyBytesMax: 4_096, jsonDepthMax: 8 })
  const { market, client, alice } = double
  const cases: readonly (readonly [string, number, string, Uint8Array])[] = [
    ['empty', 400, 'MARKET_BODY_MALFORMED', bytes('')],
    ['cut off', 400, 'MARKET_BODY_MALFORMED', bytes('{"models":')],
    ['two values', 400, 'MARKET_BODY_MALFORMED', bytes('{}{}')],
    ['no object', 400, 'MARKET_INPUT_INVALID', bytes('[]')],
    ['null', 400, 'MARKET_INPUT_INVALID', bytes('null')],
    ['too deep', 400, 'MARKET_BODY_MALFORMED', bytes(`{"models":${'['.repeat(8)}${']'.repeat(8)}}`)],
    ['a bomb of brackets', 400, 'MARKET_BODY_MALFORMED', bytes('['.repeat(4_000))],
    ['no UTF-8', 400, 'MARKET_BODY_MALFORMED', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    [
      'a half surrogate in UTF-8',
      400,
      'MARKET_BODY_MALFORMED',
      new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]),
    ],
    ['a prototype', 400, 'MARKET_BODY_MALFORMED', bytes('{"__proto__":{"models":[]}}')],
    ['a constructor', 400, 'MARKET_BODY_MALFORMED', bytes('{"models":[],"constructor":{"prototype":1}}')],
    ['a field too many', 400, 'MARKET_INPUT_INVALID', bytes('{"modells":[]}')],
    ['too large', 413, 'MARKET_BODY_TOO_LARGE', bytes(`{"models":["${'a'.repeat(5_000)}"]}`)],
  ]
  for (const [name, status, code, body] of cases) {
    const answer = await client.ask('POST', '/v1/claims', { as: alice, bytes: body })
    t.equal(answer.error?.code, code, name)
    t.equal(answer.status, status, name)
  }
  t.same(
    market.calls.filter(({ operation }) => operation === 'claim'),
    [],
  )
  const right = await client.ask('POST', '/v1/claims', { as: alice, body: { models: [MODEL] } })
  t.equal(right.status, 200)
})

t.test('takes JSON only', async (t) => {
  await using double = await serveDouble()
  const { client, alice } = double
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/msgpack', 'nonsense']) {
    const answer = await client.ask('POST', '/v1/claims', {
      as: alice,
      body: {},
      headers: { 'content-type': type },
    })
    t.equal(answer.status, 415, type)
    t.equal(answer.error?.code, 'MARKET_MEDIA_TYPE', type)
  }
  const utf8 = await client.ask('POST', '/v1/claims', {
    as: alice,
    body: {},
    headers: { 'content-type': 'application/json; charset=utf-8' },
  })
  t.equal(utf8.status, 200)
})

t.test('refuses a body where none is read', async (t) => {
  await using double = await serveDouble()
  const { client, alice } = double
  const answer = await client.ask('DELETE', '/v1/nodes/self', { as: alice, body: {} })
  t.equal(answer.status, 400)
  t.equal(answer.error?.code, 'MARKET_INPUT_INVALID')
  t.equal((await client.ask('DELETE', '/v1/nodes/self', { as: alice })).status, 200)
})

t.test('says which field is wrong, and never what was given', async (t) => {
  await using double = await serveDouble()
  const { client, alice } = double
  const answer = await client.ask('POST', '/v1/claims', { as: alice, body: { models: ['SECRET WORDS'] } })
  t.match(answer.body, { error: { code: 'MARKET_INPUT_INVALID', details: { field: 'body.models.0' } } })
  t.notMatch(answer.text, /SECRET/)
  const query = await client.ask('GET', `/v1/prices/history?model=${MODEL}&limit=x`)
  t.match(query.body, { error: { details: { field: 'querystring.limit' } } })
})
