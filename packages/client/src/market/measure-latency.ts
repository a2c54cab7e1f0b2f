import type { Clock, Milliseconds } from '@shardline/core'
import { publicKeyOf } from '@shardline/identity'
import type { MeasureOptions } from './market-client.ts'
import type { MarketDriver } from './market-driver.ts'
import { DIALS_AT_ONCE_MAX, DRIVERS_MEASURED_MAX, MEASURE_MS_MAX } from './market-limits.ts'

/** What {@link measureLatencies} works with. */
export interface MeasureInit extends MeasureOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/**
 * How long it takes to connect to drivers and to see that they are who they are, in milliseconds: several round trips.
 * Undefined for those that have no address, don't answer in time, are somebody else, or come too late in the list.
 */
export async function measureLatencies(
  drivers: readonly Pick<MarketDriver, 'driver' | 'address'>[],
  init: MeasureInit,
): Promise<readonly (Milliseconds | undefined)[]> {
  const { driversMax = DRIVERS_MEASURED_MAX, atOnceMax = DIALS_AT_ONCE_MAX } = init
  const measured: (Milliseconds | undefined)[] = drivers.map(() => undefined)
  const waiting = [...drivers.slice(0, driversMax).entries()]
  const dialNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, driver] = next
      measured[place] = await measure(driver, init)
    }
  }
  await Promise.all(Array.from({ length: atOnceMax }, dialNext))
  return measured
}

async function measure(
  { driver, address }: Pick<MarketDriver, 'driver' | 'address'>,
  { transport, clock, signal, msMax = MEASURE_MS_MAX }: MeasureInit,
): Promise<Milliseconds | undefined> {
  if (address === undefined) return undefined
  const [over, late] = [new AbortController(), new AbortController()]
  clock.sleep(msMax, { signal: over.signal }).then(
    () => late.abort(),
    () => undefined,
  )
  const startMs = clock.monotonic()
  try {
    const until = AbortSignal.any(signal === undefined ? [late.signal] : [late.signal, signal])
    const link = await transport.dial(address, { signal: until, expectPublicKey: publicKeyOf(driver) })
    const tookMs = clock.monotonic() - startMs
    await link.close('measured')
    return tookMs
  } catch {
    // A driver that can't be reached has no latency; that is all that is asked here.
    return undefined
  } finally {
    over.abort()
  }
}
