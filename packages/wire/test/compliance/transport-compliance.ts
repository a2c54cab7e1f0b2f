import type { Test } from 'tap'
import { closingCompliance } from './closing-compliance.ts'
import { deliveryCompliance } from './delivery-compliance.ts'
import { handshakeCompliance } from './handshake-compliance.ts'
import { hostilePeerCompliance } from './hostile-peer-compliance.ts'
import { livenessCompliance } from './liveness-compliance.ts'
import type { TransportFixture } from './transport-fixture.ts'

/** What every transport promises, whatever carries its bytes. */
export function transportCompliance(
  t: Test,
  createFixture: () => TransportFixture | Promise<TransportFixture>,
): void {
  t.test('handshake', async (t) => handshakeCompliance(t, createFixture))
  t.test('delivery', async (t) => deliveryCompliance(t, createFixture))
  t.test('closing', async (t) => closingCompliance(t, createFixture))
  t.test('hostile peers', async (t) => hostilePeerCompliance(t, createFixture))
  t.test('liveness', async (t) => livenessCompliance(t, createFixture))
}
