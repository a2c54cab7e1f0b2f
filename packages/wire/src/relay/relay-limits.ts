import { InvalidValueError } from '@shardline/core'

/** Bytes of one WebSocket message through a relay. Larger frames travel in parts of this size, so that no relay holds more. */
export const RELAY_CHUNK_BYTES: number = 65_536

/** Characters of the name that a node has at a relay. */
export const RELAY_NAME_CHARS_MAX: number = 128

/** Nodes that a relay has registered at the same time. */
export const RELAY_REGISTRATIONS_MAX: number = 1024

/** The same from one address (of IPv6, one network of 64 bits). */
export const RELAY_REGISTRATIONS_PER_ADDRESS_MAX: number = 64

/** Pipes of a relay at the same time: each is one link between two peers. */
export const RELAY_PIPES_MAX: number = 4096

/** Pipes of one node, those that it has yet to take included. */
export const RELAY_PIPES_PER_NODE_MAX: number = 256

/** Pipes that one address (of IPv6, one network of 64 bits) has dialed, those that wait included. */
export const RELAY_PIPES_PER_ADDRESS_MAX: number = 512

/** Calls that wait for one node to take them. */
export const RELAY_CALLS_PER_NODE_MAX: number = 32

/** How long a node may take to take a call. */
export const RELAY_CALL_MS_MAX: number = 8000

/** Dials of one address (of IPv6, one network of 64 bits) in a minute. */
export const RELAY_DIALS_PER_MINUTE_MAX: number = 240

/** Addresses whose dials a relay counts; of more, the one that dialed longest ago is forgotten. */
export const RELAY_ADDRESSES_MAX: number = 65_536

/** Bytes that wait for a slow end of a pipe before its relay stops reading from the other end. */
export const RELAY_PIPE_HIGH_BYTES: number = 256 * 1024

/** Bytes at which a relay reads from the other end again. */
export const RELAY_PIPE_LOW_BYTES: number = 64 * 1024

/** Silence of both ends after which a pipe is cut. Links ping more often than that. */
export const RELAY_PIPE_IDLE_MS_MAX: number = 60_000

/** How long a relay that stops waits for its pipes to end. */
export const RELAY_STOP_MS_MAX: number = 10_000

/** How long a node waits before it registers anew at a relay that it lost; doubles from attempt to attempt. */
export const RELAY_RETRY_MS_MIN: number = 250

/** The longest of these waits. */
export const RELAY_RETRY_MS_MAX: number = 15_000

/** The limits that a relay can be given; see the constants of the same names. */
export interface RelayLimits {
  /** @default RELAY_REGISTRATIONS_MAX */
  readonly registrationsMax: number
  /** @default RELAY_REGISTRATIONS_PER_ADDRESS_MAX */
  readonly registrationsPerAddressMax: number
  /** @default RELAY_PIPES_MAX */
  readonly pipesMax: number
  /** @default RELAY_PIPES_PER_NODE_MAX */
  readonly pipesPerNodeMax: number
  /** @default RELAY_PIPES_PER_ADDRESS_MAX */
  readonly pipesPerAddressMax: number
  /** @default RELAY_CALLS_PER_NODE_MAX */
  readonly callsPerNodeMax: number
  /** @default RELAY_CALL_MS_MAX */
  readonly callMsMax: number
  /** @default RELAY_DIALS_PER_MINUTE_MAX */
  readonly dialsPerMinuteMax: number
  /** @default RELAY_PIPE_HIGH_BYTES */
  readonly pipeHighBytes: number
  /** @default RELAY_PIPE_LOW_BYTES */
  readonly pipeLowBytes: number
  /** @default RELAY_PIPE_IDLE_MS_MAX */
  readonly pipeIdleMsMax: number
  /** @default RELAY_STOP_MS_MAX */
  readonly stopMsMax: number
}

/** Every limit of a relay at its default. */
export const RELAY_LIMITS_DEFAULT: RelayLimits = Object.freeze({
  registrationsMax: RELAY_REGISTRATIONS_MAX,
  registrationsPerAddressMax: RELAY_REGISTRATIONS_PER_ADDRESS_MAX,
  pipesMax: RELAY_PIPES_MAX,
  pipesPerNodeMax: RELAY_PIPES_PER_NODE_MAX,
  pipesPerAddressMax: RELAY_PIPES_PER_ADDRESS_MAX,
  callsPerNodeMax: RELAY_CALLS_PER_NODE_MAX,
  callMsMax: RELAY_CALL_MS_MAX,
  dialsPerMinuteMax: RELAY_DIALS_PER_MINUTE_MAX,
  pipeHighBytes: RELAY_PIPE_HIGH_BYTES,
  pipeLowBytes: RELAY_PIPE_LOW_BYTES,
  pipeIdleMsMax: RELAY_PIPE_IDLE_MS_MAX,
  stopMsMax: RELAY_STOP_MS_MAX,
})

/** Timers of Node have 31 bits. */
const SETTING_MAX = 2 ** 31 - 1

/**
 * Fills what `options` leaves out with the defaults.
 *
 * @throws InvalidValueError if a value is no whole number from 1, is higher than can be, or contradicts another.
 */
export function resolveRelayLimits(options: Partial<RelayLimits> = {}): RelayLimits {
  const limits: Record<string, number> = {}
  for (const name of Object.keys(RELAY_LIMITS_DEFAULT) as (keyof RelayLimits)[]) {
    const value = options[name] ?? RELAY_LIMITS_DEFAULT[name]
    if (!Number.isInteger(value) || value < 1 || value > SETTING_MAX) {
      throw new InvalidValueError(
        `relay limit ${name} is ${value}; it has to be a whole number from 1 to ${SETTING_MAX}`,
      )
    }
    limits[name] = value
  }
  const resolved = limits as unknown as RelayLimits
  if (resolved.pipeLowBytes > resolved.pipeHighBytes) {
    throw new InvalidValueError(
      `relay limit pipeLowBytes (${resolved.pipeLowBytes}) may not be above pipeHighBytes (${resolved.pipeHighBytes})`,
    )
  }
  return Object.freeze(resolved)
}
