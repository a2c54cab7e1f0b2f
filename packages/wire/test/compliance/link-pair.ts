import type { Link, Listener, Message } from '../../src/index.ts'
import type { CreateOptions, TransportFixture } from './transport-fixture.ts'

/** A listener that hands its links out one by one. */
export interface WaitingListener extends AsyncDisposable {
  readonly listener: Listener
  /** The next accepted link. */
  accept(): Promise<Link>
}

/** Two ends of one link. */
export interface LinkPair extends AsyncDisposable {
  readonly near: Link
  readonly far: Link
  readonly listener: Listener
}

/** Listens, and keeps accepted links until they are asked for. */
export async function listenAndWait(
  fixture: TransportFixture,
  options: CreateOptions = {},
): Promise<WaitingListener> {
  const links: Link[] = []
  let wake: () => void = () => undefined
  const listener = await fixture.create({ node: 'far', ...options }).listen(fixture.listenAddress, (link) => {
    links.push(link)
    wake()
  })
  return {
    listener,
    accept: async () => {
      for (;;) {
        const link = links.shift()
        if (link !== undefined) return link
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    [Symbol.asyncDispose]: () => listener.close(),
  }
}

/** Two transports of the fixture, linked. */
export async function linkPair(
  fixture: TransportFixture,
  options: { readonly near?: CreateOptions; readonly far?: CreateOptions } = {},
): Promise<LinkPair> {
  const waiting = await listenAndWait(fixture, options.far)
  const near = await fixture.create({ node: 'near', ...options.near }).dial(waiting.listener.address)
  const far = await waiting.accept()
  return {
    near,
    far,
    listener: waiting.listener,
    [Symbol.asyncDispose]: async () => {
      await near.close('the test is over')
      await waiting.listener.close()
    },
  }
}

/** Takes `count` messages. */
export async function take(link: Link, count: number): Promise<Message[]> {
  const messages: Message[] = []
  const iterator = link.messages()[Symbol.asyncIterator]()
  while (messages.length < count) {
    const { value, done } = await iterator.next()
    if (done === true) throw new Error(`the link ended after ${messages.length} of ${count} messages`)
    messages.push(value)
  }
  return messages
}

/** Takes messages to the end of the link; throws what the link throws. */
export async function drain(link: Link): Promise<Message[]> {
  const messages: Message[] = []
  for await (const message of link.messages()) messages.push(message)
  return messages
}
