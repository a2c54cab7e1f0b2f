import { epoch } from '@shardline/core'
import t from 'tap'
import { judgeEpoch } from '../src/epoch.ts'

t.test('tells earlier, current and unknown epochs apart', async (t) => {
  t.equal(judgeEpoch(epoch(3), 3), 'current')
  t.equal(judgeEpoch(epoch(3), 2), 'stale')
  t.equal(judgeEpoch(epoch(3), 4), 'unknown')
})
