import { SeededRandom } from '@shardline/core'
import { identityFromSeed } from '@shardline/identity'
import t from 'tap'
import { createRoleKey, linkSecurity } from '../../src/cluster/role-key.ts'

const random = new SeededRandom(1)
const [one, other] = [await createRoleKey(random), await createRoleKey(random)]

t.test('a key is one that its process can make again', async (t) => {
  t.equal((await identityFromSeed(one.seed)).id, one.identity.id)
  t.not(one.identity.id, other.identity.id)
})

t.test('without a list everybody may connect, with one only who is on it', async (t) => {
  const { identity } = one
  const anybody = linkSecurity(identity, undefined)
  t.equal(anybody.admit, undefined)
  t.equal(anybody.formatKey?.(identity.publicKey), identity.id)
  const listed = linkSecurity(identity, [other.identity.id])
  t.equal(listed.admit?.(other.identity.publicKey), true)
  t.equal(listed.admit?.(identity.publicKey), false)
  t.equal(linkSecurity(identity, []).admit?.(identity.publicKey), false)
  t.throws(() => linkSecurity(identity, ['shard1nobody']), { code: 'IDENTITY_ID_INVALID' })
})
