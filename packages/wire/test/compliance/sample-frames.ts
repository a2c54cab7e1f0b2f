import type { HiddenMessage, JoinMessage, Message } from '../../src/index.ts'
import { decodeFrame, encodeFrame } from '../../src/index.ts'
import { SAMPLES } from '../support/sample-messages.ts'

/** A small message with a number in it. */
export const numbered = (epoch: number): JoinMessage => ({ kind: 'join', pipeline: 'p-1', epoch })

/** A hidden-state message around a payload of whole rows. */
export function hiddenOf(payload: Float32Array, hiddenSize = 1024, position = 0): HiddenMessage {
  const segment = {
    session: 's-1',
    turn: 0,
    position,
    rows: payload.length / hiddenSize,
    use: 'none',
  } as const
  return { ...SAMPLES.hidden, hiddenSize, segments: [segment], payload }
}

/** A handshake's first frame. */
export const helloFrame = (): Uint8Array => encodeFrame({ ...SAMPLES.hello, protocolMin: 1, protocolMax: 1 })

/** The code of a goodbye, from its frame. */
export function byeCode(frame: Uint8Array): string | null | undefined {
  const message: Message = decodeFrame(frame)
  return message.kind === 'bye' ? message.code : undefined
}
