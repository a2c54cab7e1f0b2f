import type { ChannelHandlers, FrameChannel, MemoryNetwork } from '../../src/index.ts'

/** Which way a record goes: to the accepting side, or back. */
export type Direction = 'up' | 'down'

/** What a proxy makes of the `index`-th record of its direction: any number of records, in order. */
export type Tamper = (record: Uint8Array, direction: Direction, index: number) => readonly Uint8Array[]

/** Someone between two sides. */
export interface TamperProxy {
  /** Dialed by those who shall not know. */
  readonly address: string
  /** All that came, of all connections, in order. */
  readonly recorded: Readonly<Record<Direction, Uint8Array[]>>
  /** Sends bytes of its own to one end of the newest connection. */
  inject(direction: Direction, record: Uint8Array): void
  /** Cuts all connections. */
  cut(): void
}

/** Puts someone in front of `target` who sees, changes, drops, repeats and invents records. */
export function tamperProxy(
  network: MemoryNetwork,
  target: string,
  tamper: Tamper = (record) => [record],
): TamperProxy {
  const recorded: Record<Direction, Uint8Array[]> = { up: [], down: [] }
  const ends: Record<Direction, FrameChannel>[] = []
  const address = network.register('memory:', (near) => {
    const far = network.connect(target)
    ends.push({ up: far, down: near })
    const pass = (to: FrameChannel, direction: Direction): ChannelHandlers => {
      let index = 0
      return {
        onFrame: (record) => {
          recorded[direction].push(record)
          for (const changed of tamper(record, direction, index++)) to.write(changed)
        },
        onDrain: () => undefined,
        onBroken: () => undefined,
        onGone: () => to.close(),
      }
    }
    near.attach(pass(far, 'up'))
    far.attach(pass(near, 'down'))
  })
  return {
    address,
    recorded,
    inject: (direction, record) => ends.at(-1)?.[direction].write(record),
    cut: () => {
      for (const { up, down } of ends) {
        up.destroy()
        down.destroy()
      }
    },
  }
}

/** The record with one bit of one byte changed. */
export function flipped(record: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(record)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}
