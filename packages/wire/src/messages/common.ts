import type { TInteger, TLiteral, TNull, TNumber, TObject, TString, TUnion } from '@sinclair/typebox'
import { Type } from '@sinclair/typebox'
import { LAYERS_MAX } from '@shardline/core'
import { ROWS_PER_FRAME_MAX } from '../limits.ts'
import { counter, duration, id, nullable, record, whole } from './parts.ts'

/** Roles that a peer can play on a link. */
export type PeerRole = 'driver' | 'worker' | 'validator' | 'client' | 'relay'

/** Numbers a request, so that its answers find it. Chosen by the asking side, unique on the link. */
export type RequestId = number

/** A range of layers as it travels. */
export interface WireLayers {
  readonly first: number
  readonly count: number
}

/** What one stage did to one frame, appended by each stage to the frame that it sends on. Times in milliseconds. */
export interface TraceEntry {
  /** Node id of the stage. */
  readonly node: string
  /** Layers, or null for the validator's head. */
  readonly layers: WireLayers | null
  /** Rows of this frame. */
  readonly rows: number
  /** From the frame's arrival to the start of the run that took it. */
  readonly queueMs: number
  /** The run itself. */
  readonly computeMs: number
  /** From the frame's arrival to the hand-over of its result to the next link. */
  readonly totalMs: number
}

/** Schema of {@link PeerRole}. */
export const roleSchema: TUnion<
  [TLiteral<'driver'>, TLiteral<'worker'>, TLiteral<'validator'>, TLiteral<'client'>, TLiteral<'relay'>]
> = Type.Union([
  Type.Literal('driver'),
  Type.Literal('worker'),
  Type.Literal('validator'),
  Type.Literal('client'),
  Type.Literal('relay'),
])

/** Schema of {@link RequestId}. */
export const requestIdSchema: TInteger = counter

/** Schema of {@link WireLayers}. */
export const layersSchema: TObject<{ first: TInteger; count: TInteger }> = record({
  first: whole(0, LAYERS_MAX - 1),
  count: whole(1, LAYERS_MAX),
})

/** Schema of {@link TraceEntry}. */
export const traceEntrySchema: TObject<{
  node: TString
  layers: TUnion<[typeof layersSchema, TNull]>
  rows: TInteger
  queueMs: TNumber
  computeMs: TNumber
  totalMs: TNumber
}> = record({
  node: id,
  layers: nullable(layersSchema),
  rows: whole(0, ROWS_PER_FRAME_MAX),
  queueMs: duration,
  computeMs: duration,
  totalMs: duration,
})
