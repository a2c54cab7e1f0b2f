import { CleanupStack, SeededRandom, silentLog, systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { createIdentity, partyIdOf } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { Enlistment, signNodePass } from '@shardline/node'
import type { EnlistmentInit, NodeInvite } from '@shardline/node'
import { WebSocketTransport } from '@shardline/wire'
import type { Link, PeerRole, Transport } from '@shardline/wire'
import { EnlistDoor } from '../../src/index.ts'
import type { EnlistChange, EnlistDoorInit } from '../../src/index.ts'
import { StageDouble } from '../support/stage-double.ts'
import type { StageDoubleInit } from '../support/stage-double.ts'
import { toyConfig } from '../support/toy-model.ts'

/** No two ids of one test are the same. */
const random = new SeededRandom(11)
export const NOW_MS = 1_800_000_000_000
const DAY_MS = 86_400_000
const LAYERS = 6

export interface EnlistWorldInit extends Partial<EnlistDoorInit> {
  readonly clock?: Clock
}

/** A node that can be a stage: it listens, and can dial the door. */
export interface TestNode {
  readonly identity: Identity
  readonly transport: Transport
  readonly stage: StageDouble
}

export interface EnlistWorld extends AsyncDisposable {
  readonly door: EnlistDoor
  readonly identity: Identity
  readonly driver: Identity
  readonly changes: readonly EnlistChange[]
  /** Resolves with the next change. */
  nextChange(): Promise<EnlistChange>
  invite(over?: Partial<NodeInvite>): NodeInvite
  node(init?: Partial<StageDoubleInit>): Promise<TestNode>
  enlist(node: TestNode, over?: Partial<EnlistmentInit>): Promise<Enlistment>
  /** A link to the door of somebody who says whatever the test likes. */
  dial(role?: PeerRole): Promise<Link>
}

/** A clock whose days are `NOW_MS`, and whose seconds are real. */
export const fixedDay: Clock = {
  now: () => NOW_MS,
  monotonic: () => systemClock.monotonic(),
  sleep: (ms, options) => systemClock.sleep(ms, options),
}

export function transportOf(identity: Identity, role: PeerRole, node: string): WebSocketTransport {
  const self = { node, role, software: 'test/1' } as const
  const security = { identity, formatKey: partyIdOf }
  return new WebSocketTransport({ clock: systemClock, log: silentLog }, { self, security })
}

/** The door of a driver on loopback. */
export async function openWorld(init: EnlistWorldInit = {}): Promise<EnlistWorld> {
  const { clock = fixedDay, ...over } = init
  const cleanup = new CleanupStack()
  const identity = await createIdentity(random)
  const driver = await createIdentity(random)
  const door = new EnlistDoor(
    {
      doorTransport: transportOf(identity, 'driver', 'door'),
      door: identity,
      transport: transportOf(driver, 'driver', 'driver'),
      clock,
      log: silentLog,
    },
    {
      listen: 'ws://127.0.0.1:0',
      driver: driver.id,
      model: { reference: 'toy', digest: 'toy-digest', config: toyConfig(LAYERS) },
      precision: 'f32',
      ...over,
    },
  )
  await door.start()
  const changes: EnlistChange[] = []
  let seen = 0
  let wake = (): void => undefined
  door.watch((change) => {
    changes.push(change)
    wake()
  })
  const invite = (more: Partial<NodeInvite> = {}): NodeInvite => ({
    door: identity.id,
    addresses: [door.address],
    pass: signNodePass(identity, NOW_MS + DAY_MS),
    ...more,
  })
  const node = async (more: Partial<StageDoubleInit> = {}): Promise<TestNode> => {
    const role = more.role ?? 'worker'
    const own = await createIdentity(random)
    const transport = transportOf(own, role, more.node ?? role)
    const stage = new StageDouble(transport, {
      address: 'ws://127.0.0.1:0',
      layerCount: LAYERS,
      role,
      ...more,
    })
    await stage.start()
    cleanup.add(() => stage.stop())
    return { identity: own, transport, stage }
  }
  const enlist = async (
    { transport, stage }: TestNode,
    more: Partial<EnlistmentInit> = {},
  ): Promise<Enlistment> => {
    const offer = { addresses: [stage.address], models: [], memoryBytes: 2 ** 40, threads: 0 }
    const enlistment = new Enlistment(
      { transport, clock: systemClock, random, log: silentLog },
      { invite: invite(), offer: async () => offer, retryMsMin: 10, retryMsMax: 50, ...more },
    )
    cleanup.add(() => enlistment.stop('the test is over'))
    await enlistment.start()
    return enlistment
  }
  return {
    door,
    identity,
    driver,
    changes,
    invite,
    node,
    enlist,
    nextChange: async () => {
      for (;;) {
        const change = changes[seen]
        if (change !== undefined) {
          seen += 1
          return change
        }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    dial: async (role = 'worker') => {
      const link = await transportOf(await createIdentity(random), role, 'raw').dial(door.address)
      cleanup.add(() => link.close('the test is over'))
      return link
    },
    [Symbol.asyncDispose]: async () => {
      await cleanup.run()
      await door.stop()
    },
  }
}
