import { readFileSync } from 'node:fs'
import t from 'tap'
import { MarketMetrics } from '../../src/http/market-metrics.ts'
import { marketDouble } from '../support/market-double.ts'

t.test('every metric is documented with its type, and every documented one exists', async (t) => {
  const page = readFileSync(new URL('../../../../docs/operating/market-metrics.md', import.meta.url), 'utf8')
  const documented = [...page.matchAll(/^\| `(shardline_market_\w+)` +\| (\w+)/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  )
  const text = await new MarketMetrics().text(marketDouble())
  const served = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  t.ok(served.length > 10)
  t.same(documented.toSorted(), served.toSorted())
})
