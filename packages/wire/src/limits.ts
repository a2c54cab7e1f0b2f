import { InvalidValueError, STAGES_MAX } from '@shardline/core'

/** Bytes of one frame: prefix, header and payload. Also the WebSocket's `maxPayload`. */
export const FRAME_BYTES_MAX: number = 64 * 1024 * 1024

/** Bytes of one frame's header. Room for the token ids of a long text to score. */
export const HEADER_BYTES_MAX: number = 8 * 1024 * 1024

/** Maps and arrays inside each other in a header. The deepest message needs five. */
export const HEADER_DEPTH_MAX: number = 8

/** Maps and arrays in one header: bounds the objects that a small hostile frame can make. */
export const HEADER_CONTAINERS_MAX: number = 262_144

/** Entries of one map in a header, unknown fields included. */
export const HEADER_MAP_ENTRIES_MAX: number = 64

/** Rows of all segments of one frame. */
export const ROWS_PER_FRAME_MAX: number = 65_536

/** Sessions that one frame opens, carries rows of, closes, or answers. */
export const SEGMENTS_PER_FRAME_MAX: number = 1024

/** Numbers in one row of hidden states. */
export const HIDDEN_SIZE_MAX: number = 65_536

/** Tokens of one session; also the longest text to score. */
export const SESSION_TOKENS_MAX: number = 4_194_304

/** Sessions of one pipeline at the same time, and pipelines of one node. */
export const SESSIONS_MAX: number = 65_536

/** Token ids are below this. */
export const VOCABULARY_MAX: number = 16_777_216

/** Best alternatives that are reported per token. */
export const TOP_LOGPROBS_MAX: number = 1024

/** Token ids with a bias of their own, and token ids that end an answer, per session. */
export const SAMPLING_ENTRIES_MAX: number = 4096

/** Characters (UTF-16 units) of the text of a JSON Schema that an answer has to match. */
export const SCHEMA_CHARS_MAX: number = 262_144

/** Trace entries of one frame: one per worker and one for the validator. */
export const TRACE_ENTRIES_MAX: number = STAGES_MAX + 1

/** Characters (UTF-16 units) of an id: node, session, pipeline, error code, precision, numeric class, digest. */
export const ID_CHARS_MAX: number = 256

/** Characters (UTF-16 units) of a text for people or of an address: reason, error message, model reference. */
export const TEXT_CHARS_MAX: number = 4096

/** Milliseconds of any duration that is reported: 31 years, so that sums stay exact. */
export const DURATION_MS_MAX: number = 1e12

/** Protocol version numbers go up to this. */
export const PROTOCOL_NUMBER_MAX: number = 65_535

/** Bytes in the send buffer above which `send` waits. */
export const SEND_BUFFER_HIGH_BYTES: number = 4 * 1024 * 1024

/** Bytes in the send buffer at which a waiting `send` goes on. */
export const SEND_BUFFER_LOW_BYTES: number = 1024 * 1024

/** Bytes in the send buffer above which `send` refuses: reached only by callers that don't await it. */
export const SEND_BUFFER_BYTES_MAX: number = 256 * 1024 * 1024

/** Messages that wait for the consumer before the link stops reading from its peer. */
export const INBOX_ENTRIES_MAX: number = 256

/** Frame bytes that wait for the consumer before the link stops reading from its peer. */
export const INBOX_BYTES_MAX: number = 64 * 1024 * 1024

/** From the start of `dial`, or from an accepted connection, to the end of the handshake. */
export const HANDSHAKE_MS_MAX: number = 10_000

/** Bytes that a peer may send before its handshake is done. */
export const HANDSHAKE_BYTES_MAX: number = 64 * 1024

/**
 * Connections of one listener that asked for a link and whose handshake isn't done, at the same time. One more cuts the
 * oldest: an honest handshake takes a few round trips, so that what is oldest is what only holds the place.
 */
export const HANDSHAKES_OPEN_MAX: number = 256

/** The same from one address (of IPv6, one network of 64 bits). */
export const HANDSHAKES_PER_ADDRESS_MAX: number = 64

/**
 * Connections of one listener of which no request came yet, at the same time; one more cuts the oldest. Each takes a file
 * descriptor and about 4 KiB. At the most half of the files that the process may have open are such connections, those of
 * all its listeners together.
 */
export const SILENT_OPEN_MAX: number = 16_384

/**
 * Milliseconds that a connection of which no request came is held at the most, and half of that at the least: many that
 * came together aren't cut together. Who holds many opens each again when it is cut, and that costs more.
 */
export const SILENT_MS_MAX: number = 60_000

/** Frames that one direction of a link seals under one key before it goes on with the next. */
export const LINK_KEY_FRAMES_MAX: number = 65_536

/** Bytes of frames that one direction of a link seals under one key before it goes on with the next. */
export const LINK_KEY_BYTES_MAX: number = 1024 * 1024 * 1024

/** Places before and after its own where a frame that doesn't open is looked for, to name what happened to it. */
export const FRAME_SEARCH_PLACES_MAX: number = 32

/** Size of a frame that is still looked for in other places; a larger one that doesn't open counts as forged. */
export const FRAME_SEARCH_BYTES_MAX: number = 1024 * 1024

/** How often a link pings its peer. */
export const PING_INTERVAL_MS: number = 5000

/** Characters of one signed receipt, as JSON. */
export const RECEIPT_CHARS_MAX: number = 4096

/** Windows of one session that a receipt lists. */
export const RECEIPT_WINDOWS_MAX: number = 65_536

/** Bytes of a model's file in one answer to `weights-ask`: one block. */
export const WEIGHTS_BYTES_MAX: number = 1024 * 1024

/** Addresses at which a node says that it can be dialed, when it enlists. */
export const ENLIST_ADDRESSES_MAX = 4

/** Models that a node names when it enlists. */
export const ENLIST_MODELS_MAX = 32

/** Files of a model that a plan lists. The largest published checkpoints have about 200. */
export const WEIGHTS_FILES_MAX: number = 1024

/** Models whose files a node says that it gives to others. */
export const DESCRIPTION_SHARES_MAX: number = 64

/** Characters (UTF-16 units) of the name of a model's file. */
export const FILE_NAME_CHARS_MAX: number = 200

/** Nodes that a plan names as holding the model. */
export const WEIGHTS_SOURCES_MAX: number = 64

/** Silence after which a peer counts as dead although its socket is open. */
export const LIVENESS_MS_MAX: number = 30_000

/** How long `close` lets sent messages go out before it cuts the connection. */
export const CLOSE_MS_MAX: number = 5000

/** Bytes in the send buffer above which pings of the WebSocket protocol itself, which no Shardline sends, go unanswered. */
export const PONG_BUFFER_BYTES_MAX: number = 64 * 1024

/** Milliseconds between two looks at a page's send buffer: browsers don't tell when it has room again. */
export const DRAIN_CHECK_MS: number = 10

/** Bytes of the headers of the HTTP request that opens a WebSocket. */
export const REQUEST_HEADER_BYTES_MAX: number = 8192

/** Links that one listener holds at the same time, those in their handshake included. */
export const LINKS_PER_LISTENER_MAX: number = 1024

/** Connections above LINKS_PER_LISTENER_MAX that are accepted only to be told so; more are dropped. */
export const REFUSALS_PENDING_MAX: number = 16

/** Characters (UTF-16 units) of one text in the content of a prompt or an answer. */
export const ASK_TEXT_CHARS_MAX: number = 8 * 1024 * 1024

/** Turns of one chat. */
export const ASK_MESSAGES_MAX: number = 8192

/** Texts that end an answer. */
export const ASK_STOP_STRINGS_MAX: number = 64

/** Answers to one prompt. */
export const ASK_CHOICES_MAX: number = 128

/** Tokens of one piece or one signed window of an answer. */
export const ANSWER_EVENT_TOKENS_MAX: number = 32

/** Events in one message of an answer. */
export const ANSWER_MESSAGE_EVENTS_MAX: number = 256

/** Bytes of a sealed prompt, or of one sealed event of an answer, in a message. */
export const SEALED_BYTES_MAX: number = 4 * 1024 * 1024

/**
 * The limits that a transport can be given; see the constants of the same names.
 * Those of rows and segments can only be lowered: the schemas of the messages hold the constants.
 */
export interface WireLimits {
  /** @default FRAME_BYTES_MAX */
  readonly frameBytesMax: number
  /** @default HEADER_BYTES_MAX */
  readonly headerBytesMax: number
  /** @default ROWS_PER_FRAME_MAX */
  readonly rowsPerFrameMax: number
  /** @default SEGMENTS_PER_FRAME_MAX */
  readonly segmentsPerFrameMax: number
  /** @default SEND_BUFFER_HIGH_BYTES */
  readonly sendBufferHighBytes: number
  /** @default SEND_BUFFER_LOW_BYTES */
  readonly sendBufferLowBytes: number
  /** @default SEND_BUFFER_BYTES_MAX */
  readonly sendBufferBytesMax: number
  /** @default INBOX_ENTRIES_MAX */
  readonly inboxEntriesMax: number
  /** @default INBOX_BYTES_MAX */
  readonly inboxBytesMax: number
  /** @default HANDSHAKE_MS_MAX */
  readonly handshakeMsMax: number
  /** @default HANDSHAKE_BYTES_MAX */
  readonly handshakeBytesMax: number
  /** @default HANDSHAKES_OPEN_MAX */
  readonly handshakesOpenMax: number
  /** @default HANDSHAKES_PER_ADDRESS_MAX */
  readonly handshakesPerAddressMax: number
  /** @default SILENT_OPEN_MAX */
  readonly silentOpenMax: number
  /** @default SILENT_MS_MAX */
  readonly silentMsMax: number
  /** Told to the peer in the handshake, so that the two sides may differ. @default LINK_KEY_FRAMES_MAX */
  readonly linkKeyFramesMax: number
  /** Told to the peer in the handshake. @default LINK_KEY_BYTES_MAX */
  readonly linkKeyBytesMax: number
  /** @default PING_INTERVAL_MS */
  readonly pingIntervalMs: number
  /** @default LIVENESS_MS_MAX */
  readonly livenessMsMax: number
  /** @default CLOSE_MS_MAX */
  readonly closeMsMax: number
  /** @default LINKS_PER_LISTENER_MAX */
  readonly linksPerListenerMax: number
}

/** The limits that bound a single frame. */
export type FrameLimits = Pick<
  WireLimits,
  'frameBytesMax' | 'headerBytesMax' | 'rowsPerFrameMax' | 'segmentsPerFrameMax'
>

/** Every limit at its default. */
export const WIRE_LIMITS_DEFAULT: WireLimits = Object.freeze({
  frameBytesMax: FRAME_BYTES_MAX,
  headerBytesMax: HEADER_BYTES_MAX,
  rowsPerFrameMax: ROWS_PER_FRAME_MAX,
  segmentsPerFrameMax: SEGMENTS_PER_FRAME_MAX,
  sendBufferHighBytes: SEND_BUFFER_HIGH_BYTES,
  sendBufferLowBytes: SEND_BUFFER_LOW_BYTES,
  sendBufferBytesMax: SEND_BUFFER_BYTES_MAX,
  inboxEntriesMax: INBOX_ENTRIES_MAX,
  inboxBytesMax: INBOX_BYTES_MAX,
  handshakeMsMax: HANDSHAKE_MS_MAX,
  handshakeBytesMax: HANDSHAKE_BYTES_MAX,
  handshakesOpenMax: HANDSHAKES_OPEN_MAX,
  handshakesPerAddressMax: HANDSHAKES_PER_ADDRESS_MAX,
  silentOpenMax: SILENT_OPEN_MAX,
  silentMsMax: SILENT_MS_MAX,
  linkKeyFramesMax: LINK_KEY_FRAMES_MAX,
  linkKeyBytesMax: LINK_KEY_BYTES_MAX,
  pingIntervalMs: PING_INTERVAL_MS,
  livenessMsMax: LIVENESS_MS_MAX,
  closeMsMax: CLOSE_MS_MAX,
  linksPerListenerMax: LINKS_PER_LISTENER_MAX,
})

/** No limit is set higher: frame lengths are 32-bit, timers of Node have 31 bits. */
const SETTING_MAX = 2 ** 31 - 1

/**
 * Fills what `options` leaves out with the defaults.
 *
 * @throws InvalidValueError if a value is no whole number from 1, is higher than can be, or contradicts another.
 */
export function resolveLimits(options: Partial<WireLimits> = {}): WireLimits {
  const limits: Record<string, number> = {}
  for (const name of Object.keys(WIRE_LIMITS_DEFAULT) as (keyof WireLimits)[]) {
    const value = options[name] ?? WIRE_LIMITS_DEFAULT[name]
    const most = CEILINGS[name] ?? SETTING_MAX
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new InvalidValueError(`limit ${name} is ${value}; it has to be a whole number from 1 to ${most}`)
    }
    limits[name] = value
  }
  return checkOrder(limits as unknown as WireLimits)
}

const CEILINGS: Partial<WireLimits> = {
  rowsPerFrameMax: ROWS_PER_FRAME_MAX,
  segmentsPerFrameMax: SEGMENTS_PER_FRAME_MAX,
}

/** Pairs of which the first may not be above the second, or it would never take effect. */
const ORDERED: readonly (readonly [keyof WireLimits, keyof WireLimits])[] = [
  ['headerBytesMax', 'frameBytesMax'],
  ['sendBufferLowBytes', 'sendBufferHighBytes'],
  ['sendBufferHighBytes', 'sendBufferBytesMax'],
  ['frameBytesMax', 'sendBufferBytesMax'],
  ['pingIntervalMs', 'livenessMsMax'],
]

function checkOrder(limits: WireLimits): WireLimits {
  for (const [lower, upper] of ORDERED) {
    if (limits[lower] > limits[upper]) {
      throw new InvalidValueError(
        `limit ${lower} (${limits[lower]}) may not be above ${upper} (${limits[upper]})`,
      )
    }
  }
  return Object.freeze(limits)
}
