import type { DialOptions, Link, Listener, Message, Transport } from '@shardline/wire'

/** Changes a message on its way out; undefined swallows it. */
export type Tamper = (message: Message) => Message | undefined

/** A transport whose accepted links send something else than they are told. */
export function tamperedTransport(inner: Transport, tamper: Tamper): Transport {
  return {
    listen: (address: string, onLink: (link: Link) => void): Promise<Listener> =>
      inner.listen(address, (link) => onLink(tamperedLink(link, tamper))),
    dial: (address: string, options?: DialOptions): Promise<Link> => inner.dial(address, options),
  }
}

function tamperedLink(link: Link, tamper: Tamper): Link {
  return {
    peer: link.peer,
    protocol: link.protocol,
    closed: link.closed,
    get closeReason() {
      return link.closeReason
    },
    get roundTripMs() {
      return link.roundTripMs
    },
    get traffic() {
      return link.traffic
    },
    send: async (message) => {
      const tampered = tamper(message)
      if (tampered !== undefined) await link.send(tampered)
    },
    messages: () => link.messages(),
    close: (reason) => link.close(reason),
    measureRoundTrip: () => link.measureRoundTrip(),
  }
}
