import { systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import { SETTING_NAMES, readSettings } from '@shardline/market'
import t from 'tap'

t.test('reads numbers, large numbers, lists and words, as values or as text', async (t) => {
  const { id } = await createIdentity(systemRandom)
  const given = {
    feeBps: '0',
    claimLeaseMs: 5_000,
    feedbackFee: '9007199254740993',
    operators: id,
    workerSplit: 'by_layers',
    trustedProxies: ['10.0.0.0/8', '127.0.0.1'],
    partyRequestsPerSecondMax: 0.5,
  }
  t.same(readSettings(given), {
    market: {
      feeBps: 0,
      claimLeaseMs: 5_000,
      feedbackFee: 9_007_199_254_740_993n,
      operators: [id],
      workerSplit: 'by_layers',
    },
    http: { trustedProxies: ['10.0.0.0/8', '127.0.0.1'], partyRequestsPerSecondMax: 0.5 },
  })
})

t.test('refuses what it does not know, and says what is allowed', async (t) => {
  for (const given of [
    null,
    [],
    { feeBpz: 1 },
    { feeBps: 10_001 },
    { feeBps: -1 },
    { feeBps: 0.5 },
    { claimLeaseMs: 0 },
    { claimLeaseMs: '' },
    { claimLeaseMs: 'soon' },
    { claimLeaseMs: 1e12 },
    { feedbackFee: -1 },
    { feedbackFee: 2 ** 60 },
    { workerSplit: 'unfair' },
    { trustedProxies: [1] },
    { partyRequestsPerSecondMax: 0 },
    { __proto__x: 1 },
  ]) {
    t.throws(() => readSettings(given), { code: 'MARKET_SETTING_INVALID' }, JSON.stringify(given))
  }
  t.throws(() => readSettings({ operators: ['nobody'] }), { code: 'IDENTITY_ID_INVALID' })
  t.throws(() => readSettings(JSON.parse('{"__proto__": 1}')), { code: 'MARKET_SETTING_INVALID' })
  t.ok(SETTING_NAMES.length > 40)
})
