import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { STATUS_TEXT_CHARS_MAX } from '../limits.ts'
import type { StatusDocument } from './status-document.ts'

// What is shown on a terminal must not be able to command it.
const text = Type.String({
  maxLength: STATUS_TEXT_CHARS_MAX,
  pattern: String.raw`^[^\u0000-\u001f\u007f-\u009f]*$`,
})
const number = Type.Number()
const flag = Type.Boolean()
const counts = Type.Record(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), number, {
  additionalProperties: false,
})
const orNull = <T extends TSchema>(schema: T): TSchema => Type.Union([schema, Type.Null()])

// Programs of an earlier release have none.
const notes = Type.Optional(Type.Array(text))

const layers = Type.Object({ first: number, count: number })
const amount = orNull(Type.String({ pattern: '^-?[0-9]{1,39}$' }))
const earnings = Type.Object({ market: text, balance_microcredits: amount, earned_microcredits: amount })
const tokens = Type.Object({ total: number, per_second_10s: number, per_second_60s: number })

const answers = Type.Object({
  running: number,
  waiting: number,
  open: number,
  answered: number,
  failed: counts,
})

const repairs = Type.Object({
  done: number,
  failed: number,
  replaced_stages: number,
  restarted_sessions: number,
  replayed_rows: number,
  last_ms: orNull(number),
})

const stageRole = Type.Union([Type.Literal('worker'), Type.Literal('validator')])

const pipelineStage = Type.Object({
  role: Type.Union([stageRole, Type.Literal('driver')]),
  node: text,
  party: orNull(text),
  layers: orNull(layers),
  address: text,
  numeric_class: text,
  packed_bytes: number,
  load_ms: number,
  rows: number,
  compute_ms: number,
  decode_ms: orNull(number),
  hop_ms: orNull(number),
})

const spare = Type.Object({
  role: stageRole,
  node: orNull(text),
  party: orNull(text),
  address: text,
  hot: Type.Array(orNull(layers)),
})

const pipeline = Type.Object({
  model: text,
  id: orNull(text),
  epoch: orNull(number),
  is_up: flag,
  failure: orNull(text),
  answers_running: orNull(number),
  answers_waiting: orNull(number),
  tokens: orNull(tokens),
  repairs,
  token_ms: Type.Object({ planned: orNull(number), predicted: orNull(number), measured: orNull(number) }),
  stages: Type.Array(pipelineStage),
  spares: Type.Array(spare),
})

const driver = Type.Object({
  role: Type.Literal('driver'),
  party: text,
  address: orNull(text),
  answers: orNull(answers),
  tokens: orNull(tokens),
  links: orNull(number),
  deliveries_pending: orNull(number),
  pipelines: Type.Array(pipeline),
  earnings: orNull(earnings),
  notes,
})

const stagePipeline = Type.Object({
  id: text,
  epoch: number,
  model: text,
  model_digest: text,
  layers: orNull(layers),
  is_ready: flag,
  packed_bytes: number,
})

const stage = Type.Object({
  role: stageRole,
  party: text,
  node: text,
  address: text,
  frames_in: number,
  frames_out: number,
  runs: number,
  rows: number,
  sessions_open: number,
  refusals: number,
  stale_frames: number,
  record_bytes: number,
  pipelines: Type.Array(stagePipeline),
  earnings: orNull(earnings),
  notes,
})

const relay = Type.Object({
  role: Type.Literal('relay'),
  party: text,
  address: text,
  registrations: number,
  pipes: number,
  pipes_opened: number,
  relayed_bytes: number,
  refused: counts,
})

const schema = Type.Object({
  version: Type.Literal(1),
  software: text,
  time_ms: number,
  up_ms: number,
  resident_bytes: number,
  roles: Type.Array(Type.Union([driver, stage, relay])),
})

/** Whether a value is a {@link StatusDocument}; what it has beside is left alone. */
export function isStatusDocument(value: unknown): value is StatusDocument {
  return Value.Check(schema, value)
}
