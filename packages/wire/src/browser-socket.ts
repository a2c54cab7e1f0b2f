/** What is used of the `WebSocket` of the WHATWG's standard, which web pages have. */
export interface BrowserSocket {
  binaryType: string
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** Bytes that were handed to {@link send} and haven't left yet. */
  readonly bufferedAmount: number
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  /** The connection failed: the standard lets pages know no more. */
  onerror: (() => void) | null
  onclose: ((event: { readonly code: number }) => void) | null
  send(data: Uint8Array): void
  close(code?: number): void
}

/** Begins to connect to a `ws://` or `wss://` address. Throws if it is none, or one that the page must not dial. */
export type OpenSocket = (address: string) => BrowserSocket

/** Connects with the `WebSocket` that the platform has. */
export const openBrowserSocket: OpenSocket = (address) => {
  const { WebSocket } = globalThis as unknown as { readonly WebSocket: new (url: string) => BrowserSocket }
  return new WebSocket(address)
}
