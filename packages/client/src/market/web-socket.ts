/** What a WebSocket calls: a method, so that sockets fit that tell more than is needed. */
interface Listeners {
  message(event: { readonly data: unknown }): void
  close(event: { readonly code: number; readonly reason: string }): void
  error(event: unknown): void
}

/** The part of a WebSocket that events need: that of browsers, and of the `ws` package. */
export interface EventWebSocket {
  onmessage: Listeners['message'] | null
  onclose: Listeners['close'] | null
  onerror: Listeners['error'] | null
  close(): void
}

/** Opens a WebSocket that offers subprotocols. */
export type EventWebSocketConstructor = new (url: string, protocols: string[]) => EventWebSocket

/** The runtime's own; undefined in Node before version 22. */
export function runtimeWebSocket(): EventWebSocketConstructor | undefined {
  const { WebSocket } = globalThis as { readonly WebSocket?: EventWebSocketConstructor }
  return WebSocket
}
