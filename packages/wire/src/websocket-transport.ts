import type { Link, Listener, Transport, TransportComponents, TransportInit } from './transport.ts'
export interface WebSocketTransportInit extends TransportInit {
  /** Web origins whose pages may connect. @default [] (no page may; programs send no origin) */
  readonly originsAllowed?: readonly string[]
}
export class WebSocketTransport implements Transport {
  constructor(_components: TransportComponents, _init: WebSocketTransportInit) {}
  listen(_address: string, _onLink: (link: Link) => void): Promise<Listener> {
    throw new Error('x')
  }
  dial(_address: string, _options: { readonly signal?: AbortSignal } = {}): Promise<Link> {
    throw new Error('x')
  }
}
