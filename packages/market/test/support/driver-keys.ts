import { systemClock, systemRandom } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { rotateDriverKeys } from '@shardline/identity'
import type { DriverKey, DriverKeyEntry, Identity } from '@shardline/identity'

/** The first key of a driver. */
export async function newKey(
  identity: Identity,
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<DriverKeyEntry> {
  const [entry] = await newKeys(identity, { count: 1, clock })
  if (entry === undefined) throw new Error('one key was asked for')
  return entry
}

/** Keys of a driver, in the order of their numbers. */
export async function newKeys(
  identity: Identity,
  init: { readonly count: number; readonly clock?: Pick<Clock, 'now'> },
): Promise<readonly DriverKeyEntry[]> {
  let keys: readonly DriverKey[] = []
  for (let number = 0; number < init.count; number++) {
    keys = await rotateDriverKeys({
      identity,
      clock: init.clock ?? systemClock,
      random: systemRandom,
      keys,
      keptMax: init.count,
    })
  }
  return keys.map(({ entry }) => entry)
}
