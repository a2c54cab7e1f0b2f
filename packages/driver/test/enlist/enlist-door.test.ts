import { createIdentity } from '@shardline/identity'
import { SeededRandom } from '@shardline/core'
import { EnlistRefusedError, signNodePass } from '@shardline/node'
import type { Enlistment, EnlistmentState } from '@shardline/node'
import type { Link, Message, Transport } from '@shardline/wire'
import t from 'tap'
import { placeOfNode } from '../../src/index.ts'
import { fixedDay, NOW_MS, openWorld } from './enlist-world.ts'

/** Code that the driver refuses a node with. */
async function refusalOf(attempt: Promise<Enlistment>): Promise<string> {
  const cause: unknown = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  )
  return cause instanceof EnlistRefusedError ? cause.driverCode : String(cause)
}

/** What a node is told. */
class States {
  readonly all: EnlistmentState[] = []
  #wake = (): void => undefined

  readonly add = (state: EnlistmentState): void => {
    this.all.push(state)
    this.#wake()
  }

  /** The first that is so, once there is one. */
  async until(isSo: (state: EnlistmentState) => boolean): Promise<EnlistmentState> {
    for (;;) {
      const found = this.all.find(isSo)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** Messages of a link until it ends. */
async function wordsOf(link: Link): Promise<readonly Message[]> {
  const words: Message[] = []
  for await (const message of link.messages()) words.push(message)
  return words
}

t.test('a node with an invite is dialed, asked what it is, and enlisted', async (t) => {
  await using world = await openWorld()
  const node = await world.node({ node: 'friend' })
  const enlistment = await world.enlist(node)
  const { kind, node: enlisted } = await world.nextChange()
  t.equal(kind, 'came')
  t.match(enlisted, { role: 'worker', name: 'friend', node: node.identity.id, address: node.stage.address })
  t.equal(placeOfNode(enlisted), `${node.stage.address}#${node.identity.id}`)
  t.same(world.door.nodes, [enlisted])
  t.match(enlistment.state, {
    kind: 'enlisted',
    driver: world.driver.id,
    address: node.stage.address,
    missing: '',
  })
  t.ok(
    node.stage.received.some(({ kind }) => kind === 'describe'),
    'the driver has asked it',
  )
})

t.test('a node offers no more memory than it has, and no more than it lends', async (t) => {
  await using world = await openWorld()
  const [rich, poor] = [await world.node(), await world.node()]
  const offer = { addresses: [rich.stage.address], models: ['toy'], memoryBytes: 4096, threads: 2 }
  await world.enlist(rich, { offer: async () => offer })
  t.equal((await world.nextChange()).node.work.memoryBytes, 4096)
  await world.enlist(poor)
  const { node } = await world.nextChange()
  t.ok(node.work.memoryBytes < 2 ** 40, 'what the node says to be free')
})

t.test('a node that leaves, dies or comes again is known to have gone', async (t) => {
  await using world = await openWorld()
  const node = await world.node()
  const first = await world.enlist(node)
  t.equal((await world.nextChange()).kind, 'came')
  await first.stop('bye')
  t.equal((await world.nextChange()).kind, 'went')
  t.same(world.door.nodes, [])
  const patient = { retryMsMin: 60_000, retryMsMax: 60_000 }
  const old = await world.enlist(node, patient)
  t.equal((await world.nextChange()).kind, 'came')
  // Somebody with the same key, before the first link is found to be dead.
  await world.enlist(node, patient)
  t.equal((await world.nextChange()).kind, 'went', 'its old self')
  t.equal((await world.nextChange()).kind, 'came')
  t.equal(world.door.nodes.length, 1)
  t.match(
    await old.refused,
    { driverCode: 'DRIVER_ENLIST_REPLACED' },
    'which, if it lives, does not come back',
  )
})

t.test('invites that are not for here are refused by name, and leave nobody', async (t) => {
  await using world = await openWorld()
  const stranger = await createIdentity(new SeededRandom(77))
  const node = await world.node()
  const passes = {
    NODE_PASS_EXPIRED: signNodePass(world.identity, NOW_MS),
    NODE_PASS_WRONG: signNodePass(stranger, NOW_MS + 1000),
  }
  for (const [code, pass] of Object.entries(passes)) {
    t.equal(await refusalOf(world.enlist(node, { invite: world.invite({ pass }) })), code)
  }
  const longer = { ...signNodePass(world.identity, NOW_MS), expiresAtMs: NOW_MS + 1000 }
  t.equal(await refusalOf(world.enlist(node, { invite: world.invite({ pass: longer }) })), 'NODE_PASS_WRONG')
  await t.rejects(world.enlist(node, { invite: world.invite({ door: stranger.id }) }), {
    code: 'WIRE_PEER_WRONG',
  })
  t.same(world.door.nodes, [])
  t.same(node.stage.received, [], 'nobody was dialed')
  t.same(
    [...world.door.refusals],
    [
      ['NODE_PASS_EXPIRED', 1],
      ['NODE_PASS_WRONG', 2],
    ],
  )
})

t.test('a node that the driver can not reach is told so, and how to be reached', async (t) => {
  await using world = await openWorld()
  const [node, other] = [await world.node(), await world.node()]
  const offer = { models: [], memoryBytes: 1024, threads: 0 }
  await node.stage.stop()
  const gone = world.enlist(node, { offer: async () => ({ ...offer, addresses: [node.stage.address] }) })
  await t.rejects(gone, { driverCode: 'DRIVER_ENLIST_UNREACHABLE', message: /--relay/ })
  const nowhere = world.enlist(node, { offer: async () => ({ ...offer, addresses: [] }) })
  t.equal(await refusalOf(nowhere), 'DRIVER_ENLIST_UNREACHABLE')
  const foreign = world.enlist(node, { offer: async () => ({ ...offer, addresses: [other.stage.address] }) })
  t.equal(await refusalOf(foreign), 'DRIVER_ENLIST_UNREACHABLE', 'somebody else is there')
  t.same(other.stage.received, [])
})

t.test('a node that can not be a stage of the model is refused', async (t) => {
  await using world = await openWorld()
  const node = await world.node()
  const offer = { addresses: [node.stage.address], models: ['another'], memoryBytes: 1024, threads: 0 }
  t.equal(await refusalOf(world.enlist(node, { offer: async () => offer })), 'DRIVER_ENLIST_UNSUITABLE')
  const model = { reference: 'toy', digest: 'of another model', layerCount: 6, hiddenSize: 4 }
  const changed = await world.node({ description: { model } })
  t.equal(await refusalOf(world.enlist(changed)), 'DRIVER_ENLIST_UNSUITABLE')
})

t.test('who says nothing is sent away', async (t) => {
  await using world = await openWorld({ sayMsMax: 50 })
  t.same(await wordsOf(await world.dial()), [])
  t.same(world.door.nodes, [])
})

t.test('who is no node, or says something else, is sent away', async (t) => {
  await using world = await openWorld()
  const other = await world.dial()
  await other.send({ kind: 'describe', request: 1 })
  t.match(await wordsOf(other), [{ kind: 'error', code: 'DRIVER_ENLIST_UNEXPECTED' }])
  const client = await world.dial('client')
  const { pass } = world.invite()
  const enlist = {
    kind: 'enlist',
    request: 7,
    pass,
    addresses: [],
    models: [],
    memoryBytes: 0,
    threads: 0,
  } as const
  await client.send(enlist)
  t.match(await wordsOf(client), [{ kind: 'error', code: 'DRIVER_ENLIST_UNEXPECTED' }])
  t.same(world.door.nodes, [])
})

t.test('no more nodes enlist than there is room for, and one that goes makes room', async (t) => {
  await using world = await openWorld({ nodesMax: 2 })
  const nodes = [await world.node(), await world.node(), await world.node()]
  const [first] = [await world.enlist(nodes[0]!), await world.enlist(nodes[1]!)]
  const states = new States()
  await world.enlist(nodes[2]!, { onState: states.add })
  t.match(states.all[0], { kind: 'away', error: { driverCode: 'DRIVER_ENLIST_FULL' } }, 'it asks again')
  await first!.stop('bye')
  await states.until(({ kind }) => kind === 'enlisted')
  t.equal(world.door.nodes.length, 2)
})

t.test('one network has only a part of the room', async (t) => {
  await using world = await openWorld({ nodesPerNetworkMax: 1 })
  await world.enlist(await world.node())
  const second = await world.enlist(await world.node())
  t.match(second.state, {
    kind: 'away',
    error: { driverCode: 'DRIVER_ENLIST_FULL', message: /127\.0\.0\.1/ },
  })
})

t.test('all nodes hear what the driver lacks', async (t) => {
  await using world = await openWorld()
  const states = new States()
  await world.enlist(await world.node(), { onState: states.add })
  world.door.tellMissing('a validator')
  t.match(await states.until((state) => state.kind === 'enlisted' && state.missing !== ''), {
    missing: 'a validator',
  })
})

t.test('a node enlists again when its driver comes back, and not with an invite that is over', async (t) => {
  let now = NOW_MS
  await using world = await openWorld({ clock: { ...fixedDay, now: () => now } })
  const { transport, ...node } = await world.node()
  const links: Link[] = []
  const dial: Transport['dial'] = async (address, options) => {
    const link = await transport.dial(address, options)
    links.push(link)
    return link
  }
  const watched = { listen: transport.listen.bind(transport), dial }
  const enlistment = await world.enlist({ ...node, transport: watched }, { retryMsMin: 1 })
  await world.nextChange()
  await links.at(-1)?.close('the cable is out')
  t.equal((await world.nextChange()).kind, 'went')
  t.equal((await world.nextChange()).kind, 'came', 'it is there again')
  now += 2 * 86_400_000
  await links.at(-1)?.close('the cable is out')
  t.match(await enlistment.refused, { driverCode: 'NODE_PASS_EXPIRED' })
  t.match(enlistment.state, { kind: 'refused' })
})

t.test('a node that is too slow to say what it is may come again', async (t) => {
  await using world = await openWorld({ describeMsMax: 1 })
  const node = await world.node()
  // It takes the link, and says nothing on it.
  node.stage.received.push = () => {
    throw new Error('the node hangs')
  }
  const enlistment = await world.enlist(node, { retryMsMin: 60_000, retryMsMax: 60_000 })
  t.match(enlistment.state, { kind: 'away', error: { driverCode: /^DRIVER_STAGE_(SILENT|LOST)$/ } })
})
