import t from 'tap'
import { serveAnswers } from '../support/answering.ts'
import { runHere } from '../support/run-here.ts'

const price = (model: string, now: string): Readonly<Record<string, unknown>> => ({
  model,
  layerCount: 8,
  basePrice: '100',
  price: now,
  multiplier: '1.21',
  supply: '50',
  demandTokens: '300',
  seq: '2',
})
const point = (seq: number, now: string): Readonly<Record<string, unknown>> => ({
  model: 'a/q4',
  seq: String(seq),
  atMs: 1_700_000_000_000 + seq * 1000,
  cause: 'submitted',
  price: now,
  supply: '50',
  demandTokens: '300',
})

const PRICES = {
  text: JSON.stringify({ models: [price('a/q4', '121.000000000000000001'), price('b', '100')] }),
}
const HISTORY = { text: JSON.stringify({ points: [point(3, '144'), point(2, '121'), point(1, '100')] }) }

t.test('lists what models cost, for people and for programs', async (t) => {
  await using market = await serveAnswers({ '/v1/prices': PRICES })
  const all = await runHere(['price', '--market', market.address])
  t.equal(all.code, 0, all.stderr)
  t.match(all.stdout, /^model +microcredits per 1M tokens[^]*\na\/q4 +121 +100 +x1\.21 +50 +300\nb +100 /)
  const one = await runHere(['price', 'b', '--json'], { SHARDLINE_MARKET: `${market.address}/` })
  t.match(JSON.parse(one.stdout), { models: [{ model: 'b', layers: 8, price: '100', base_price: '100' }] })
})

t.test('draws the history, oldest first', async (t) => {
  await using market = await serveAnswers({ '/v1/prices/history': HISTORY })
  const { code, stdout } = await runHere([
    'price',
    'a/q4',
    '--history',
    '--limit',
    '3',
    '--market',
    market.address,
  ])
  t.equal(code, 0)
  t.same(market.asked, ['/v1/prices/history?model=a%2Fq4&limit=3'])
  t.match(stdout, /144 ┤ *█\n[^]*100 ┤▁██\n[^]*1 +2023-11-14T22:13:21\.000Z +submitted +100 [^]*\n3 /)
  const json = await runHere(['price', 'a/q4', '--history', '--json', '--market', market.address])
  t.match(JSON.parse(json.stdout), {
    model: 'a/q4',
    points: [{ seq: '1' }, { seq: '2' }, { seq: '3', price: '144' }],
  })
})

t.test('says by code what went wrong', async (t) => {
  await using market = await serveAnswers({
    '/v1/prices': PRICES,
    '/refusing/v1/prices': {
      status: 429,
      text: JSON.stringify({ error: { code: 'MARKET_RATE_LIMITED', message: 'too many', details: {} } }),
    },
    '/wrong/v1/prices': { text: '{"models":[{}]}' },
    '/text/v1/prices': { text: 'hello' },
    '/v1/prices/history': { text: '{"points":[]}' },
  })
  const { address } = market
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [['price', 'c', '--market', address], 1, 'CLI_MARKET_MODEL_UNKNOWN'],
    [['price', '--history', '--market', address], 2, 'CLI_USAGE'],
    [['price', '--market', `${address}/refusing`], 1, 'MARKET_RATE_LIMITED'],
    [['price', '--market', `${address}/wrong`], 1, 'CLIENT_MARKET_ANSWER'],
    [['price', '--market', `${address}/text`], 1, 'CLIENT_MARKET_ANSWER'],
    [['price', '--market', `${address}/nowhere`], 1, 'CLIENT_MARKET_ANSWER'],
    [['price', '--market', 'http://127.0.0.1:1'], 1, 'CLIENT_MARKET_UNREACHABLE'],
    [['price', '--market', 'ftp://127.0.0.1'], 2, 'CLI_OPTION_INVALID'],
    [['price', '--limit', '0'], 2, 'CLI_OPTION_INVALID'],
  ]
  for (const [args, exitCode, errorCode] of cases) {
    const { code, stderr } = await runHere(args)
    t.equal(code, exitCode, args.join(' '))
    t.match(stderr, new RegExp(`code: ${errorCode}\\n`), args.join(' '))
  }
  const empty = await runHere(['price', 'a/q4', '--history', '--market', address])
  t.equal(empty.stdout, 'the price of a/q4 has not moved yet\n')
})
