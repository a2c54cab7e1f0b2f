import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ManualClock, SeededRandom } from '@shardline/core'
import { DRIVER_KEY_MS_DEFAULT } from '@shardline/identity'
import t from 'tap'
import type { CommandContext } from '../../src/commands/command-context.ts'
import { readConfig } from '../../src/config.ts'
import { openKeyStore } from '../../src/keys/open-key-store.ts'
import { StoredKeyRing } from '../../src/keys/stored-key-ring.ts'

t.test('keys outlive the process; a new one comes when half of the time of the newest is over', async (t) => {
  const home = await mkdtemp(path.join(tmpdir(), 'shardline-ring-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const clock = new ManualClock(1_000_000_000)
  const config = readConfig({ environment: { SHARDLINE_KEYS: path.join(home, 'keys') }, home })
  const context = { config, clock, random: new SeededRandom(1) } as unknown as CommandContext
  await openKeyStore(context).create({ name: 'home' })

  const ring = await StoredKeyRing.open('home', context)
  const [first, same] = await Promise.all([ring.current(), ring.current()])
  t.equal(first.sequence, 0)
  t.same(same, first, 'two who ask at once get one key')
  t.equal((await ring.pairs()).length, 1)
  const later = await StoredKeyRing.open('home', context)
  t.same(await later.current(), first, 'after a restart')
  clock.advance(DRIVER_KEY_MS_DEFAULT / 2)
  const second = await later.current()
  t.equal(second.sequence, 1)
  t.equal((await later.pairs()).length, 2, 'what was sealed to the first can be read')
  clock.advance(DRIVER_KEY_MS_DEFAULT / 2 + 1)
  t.equal((await later.pairs()).length, 1)
  await t.rejects(StoredKeyRing.open('nobody', context), { code: 'IDENTITY_KEY_UNKNOWN' })
})
