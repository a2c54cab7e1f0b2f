import { InvalidValueError } from '@shardline/core'
import { ROWS_PER_FRAME_MAX, SEGMENTS_PER_FRAME_MAX } from '@shardline/wire'
import * as limits from './limits.ts'

/** Settings of a stage process. */
export interface NodeSettings {
  /** Rows of one run at the most. @default ROWS_PER_RUN_MAX */
  readonly rowsPerRunMax?: number
  /** Sessions of one run at the most. @default SESSIONS_PER_RUN_MAX */
  readonly sessionsPerRunMax?: number
  /** Sessions open at the same time, over all pipelines; at most half of what one frame can close. @default SESSIONS_OPEN_MAX */
  readonly sessionsOpenMax?: number
  /** Pipelines served at the same time. @default PIPELINES_MAX */
  readonly pipelinesMax?: number
  /** Frames of one pipeline that may wait. @default INBOX_FRAMES_MAX */
  readonly inboxFramesMax?: number
  /** Payload bytes of one pipeline that may wait. @default INBOX_BYTES_MAX */
  readonly inboxBytesMax?: number
  /** Messages that may wait for room in a link's send buffer. @default OUTBOX_MESSAGES_MAX */
  readonly outboxMessagesMax?: number
  /** Longest wait of `stop` for the run in progress, in milliseconds. @default STOP_GRACE_MS_MAX */
  readonly stopGraceMs?: number
  /** Longest wait of `drain` for a moment without open sessions, in milliseconds. @default DRAIN_MS_MAX */
  readonly drainMsMax?: number
  /** How long that moment has to be, in milliseconds. @default DRAIN_IDLE_MS */
  readonly drainIdleMs?: number
  /** Bytes of results kept for stages that replace the next one, over all sessions. @default REPLAY_BYTES_MAX */
  readonly replayBytesMax?: number
  /** Longest time to reach the next stage, in milliseconds. @default NEXT_DIAL_MS_MAX */
  readonly nextDialMsMax?: number
  /** Longest wait for the next stage to answer a join, in milliseconds. @default NEXT_STANDING_MS_MAX */
  readonly nextStandingMsMax?: number
  /** Whether hidden states that hold NaN or infinity are refused at the boundary. @default true */
  readonly isFiniteChecked?: boolean
  /** Closed sessions of one pipeline whose hashes are kept for receipts. @default EVIDENCE_SESSIONS_MAX */
  readonly evidenceSessionsMax?: number
  /** Asks for weights that are answered at the same time. @default WEIGHTS_ASKS_MAX */
  readonly weightsAsksMax?: number
  /** Asks for weights that wait for that. @default WEIGHTS_ASKS_WAITING_MAX */
  readonly weightsAsksWaitingMax?: number
  /** Bytes of weights a second that are given to all other nodes together. @default WEIGHTS_BYTES_PER_SECOND_MAX */
  readonly weightsBytesPerSecondMax?: number
}

/** {@link NodeSettings} with every default filled in. */
export type ResolvedNodeSettings = Required<NodeSettings>

/**
 * Fills in the defaults.
 *
 * @throws InvalidValueError for a number out of its bounds.
 */
export function resolveNodeSettings(settings: NodeSettings = {}): ResolvedNodeSettings {
  return Object.freeze({
    rowsPerRunMax: positive(
      'rowsPerRunMax',
      settings.rowsPerRunMax ?? limits.ROWS_PER_RUN_MAX,
      ROWS_PER_FRAME_MAX,
    ),
    sessionsPerRunMax: positive(
      'sessionsPerRunMax',
      settings.sessionsPerRunMax ?? limits.SESSIONS_PER_RUN_MAX,
      SEGMENTS_PER_FRAME_MAX,
    ),
    sessionsOpenMax: positive(
      'sessionsOpenMax',
      settings.sessionsOpenMax ?? limits.SESSIONS_OPEN_MAX,
      SESSIONS_OPEN_CEILING,
    ),
    pipelinesMax: positive('pipelinesMax', settings.pipelinesMax ?? limits.PIPELINES_MAX),
    inboxFramesMax: positive('inboxFramesMax', settings.inboxFramesMax ?? limits.INBOX_FRAMES_MAX),
    inboxBytesMax: positive('inboxBytesMax', settings.inboxBytesMax ?? limits.INBOX_BYTES_MAX),
    outboxMessagesMax: positive(
      'outboxMessagesMax',
      settings.outboxMessagesMax ?? limits.OUTBOX_MESSAGES_MAX,
    ),
    ...resolveTimes(settings),
    ...resolveSharing(settings),
    replayBytesMax: positive('replayBytesMax', settings.replayBytesMax ?? limits.REPLAY_BYTES_MAX),
    isFiniteChecked: settings.isFiniteChecked ?? true,
    evidenceSessionsMax: positive(
      'evidenceSessionsMax',
      settings.evidenceSessionsMax ?? limits.EVIDENCE_SESSIONS_MAX,
    ),
  })
}

/** The settings that are times, with their defaults. */
function resolveTimes(
  settings: NodeSettings,
): Pick<
  ResolvedNodeSettings,
  'stopGraceMs' | 'drainMsMax' | 'drainIdleMs' | 'nextDialMsMax' | 'nextStandingMsMax'
> {
  return {
    stopGraceMs: positive('stopGraceMs', settings.stopGraceMs ?? limits.STOP_GRACE_MS_MAX),
    drainMsMax: positive('drainMsMax', settings.drainMsMax ?? limits.DRAIN_MS_MAX),
    drainIdleMs: positive('drainIdleMs', settings.drainIdleMs ?? limits.DRAIN_IDLE_MS),
    nextDialMsMax: positive('nextDialMsMax', settings.nextDialMsMax ?? limits.NEXT_DIAL_MS_MAX),
    nextStandingMsMax: positive(
      'nextStandingMsMax',
      settings.nextStandingMsMax ?? limits.NEXT_STANDING_MS_MAX,
    ),
  }
}

/** The settings of giving weights to other nodes, with their defaults. */
function resolveSharing(
  settings: NodeSettings,
): Pick<ResolvedNodeSettings, 'weightsAsksMax' | 'weightsAsksWaitingMax' | 'weightsBytesPerSecondMax'> {
  return {
    weightsAsksMax: positive('weightsAsksMax', settings.weightsAsksMax ?? limits.WEIGHTS_ASKS_MAX),
    weightsAsksWaitingMax: positive(
      'weightsAsksWaitingMax',
      settings.weightsAsksWaitingMax ?? limits.WEIGHTS_ASKS_WAITING_MAX,
    ),
    weightsBytesPerSecondMax: positive(
      'weightsBytesPerSecondMax',
      settings.weightsBytesPerSecondMax ?? limits.WEIGHTS_BYTES_PER_SECOND_MAX,
    ),
  }
}

/** Failed sessions keep their place until they are closed, and all may be closed by one frame. */
const SESSIONS_OPEN_CEILING = SEGMENTS_PER_FRAME_MAX / 2

function positive(name: string, value: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value > 0 && value <= most) return value
  throw new InvalidValueError(`${name} is ${value}; it takes a whole number from 1 to ${most}`, {
    details: { name, value, most },
  })
}
