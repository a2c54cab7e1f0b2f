import { createIdentity } from '@shardline/identity'
import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { partiesOf } from '../../src/market/parties-of.ts'

t.test('addresses say who has to be there, where they do', async (t) => {
  const { id } = await createIdentity(new SeededRandom(1))
  t.same(partiesOf(['ws://127.0.0.1:7101', `ws://10.0.0.2:7101#${id}`]), [id])
  t.throws(() => partiesOf(['ws://127.0.0.1:7101#shard1x']), { code: 'IDENTITY_ID_INVALID' })
})
