import type { TSchema } from '@sinclair/typebox'
import { KindGuard } from '@sinclair/typebox'
import fc from 'fast-check'
import type { HiddenMessage, Message, MessageKind } from '../../src/index.ts'
import { CATALOGUE, MESSAGE_KINDS } from '../../src/index.ts'

/** Entries of a generated list at the most: limits on lengths have tests of their own. */
const LIST_ENTRIES_MAX = 5

/** Any value that `schema` allows. */
function arbitraryOf(schema: TSchema): fc.Arbitrary<unknown> {
  if (KindGuard.IsObject(schema)) {
    const fields = Object.entries(schema.properties).map(
      ([name, field]) => [name, arbitraryOf(field)] as const,
    )
    return fc.record(Object.fromEntries(fields), { noNullPrototype: true })
  }
  if (KindGuard.IsUnion(schema)) return fc.oneof(...schema.anyOf.map(arbitraryOf))
  if (KindGuard.IsTuple(schema)) return fc.tuple(...(schema.items ?? []).map(arbitraryOf))
  if (KindGuard.IsArray(schema)) {
    return fc.array(arbitraryOf(schema.items), {
      maxLength: Math.min(schema.maxItems ?? 0, LIST_ENTRIES_MAX),
    })
  }
  return arbitraryScalar(schema)
}

function arbitraryScalar(schema: TSchema): fc.Arbitrary<unknown> {
  if (KindGuard.IsLiteral(schema)) return fc.constant(schema.const)
  if (KindGuard.IsNull(schema)) return fc.constant(null)
  if (KindGuard.IsBoolean(schema)) return fc.boolean()
  if (KindGuard.IsString(schema) && schema.pattern !== undefined) {
    return fc.stringMatching(new RegExp(schema.pattern))
  }
  if (KindGuard.IsString(schema)) return arbitraryText(schema.minLength ?? 0, schema.maxLength ?? 0)
  if (KindGuard.IsInteger(schema))
    return fc
      .maxSafeInteger()
      .map((n) => clamp(n, schema))
      .chain((n) => fc.constantFrom(n, ...ends(schema), ...small(schema)))
  if (KindGuard.IsNumber(schema)) {
    return fc
      .double({ min: schema.minimum ?? 0, max: schema.maximum ?? 0, noNaN: true })
      .map(withoutMinusZero)
  }
  throw new TypeError(`no generator for ${JSON.stringify(schema)}`)
}

function arbitraryText(minLength: number, maxLength: number): fc.Arbitrary<string> {
  const short = fc.string({ unit: 'binary', minLength, maxLength: 20 })
  const long = fc.string({ unit: 'binary', minLength: 60, maxLength: 90 })
  return fc
    .oneof(short, long, fc.constant('x'.repeat(maxLength)))
    .filter((value) => value.length <= maxLength && !value.startsWith('\uFEFF'))
}

interface Range {
  readonly minimum?: number
  readonly maximum?: number
}

const ends = ({ minimum = 0, maximum = 0 }: Range): readonly number[] => [minimum, maximum]
const small = (range: Range): readonly number[] =>
  [1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32].map((n) => clamp(n, range))
const clamp = (n: number, { minimum = 0, maximum = 0 }: Range): number =>
  Math.min(Math.max(n, minimum), maximum)

/** In headers minus zero is zero: msgpack writers take it for an integer. */
const withoutMinusZero = (n: number): number => n + 0

/** f32 numbers made of any bits: infinities, NaNs with any payload, subnormal numbers. */
const arbitraryTensor = (elements: number): fc.Arbitrary<Float32Array> =>
  fc
    .uint8Array({ minLength: elements * 4, maxLength: elements * 4 })
    .map((bytes) => new Float32Array(Uint8Array.from(bytes).buffer))

function arbitraryHidden(header: fc.Arbitrary<unknown>): fc.Arbitrary<Message> {
  return header.chain((value) => {
    const fields = value as Omit<HiddenMessage, 'kind' | 'payload'>
    const hiddenSize = 1 + (fields.hiddenSize % 9)
    const segments = fields.segments.map((segment) => ({ ...segment, rows: 1 + (segment.rows % 4) }))
    const rows = segments.reduce((sum, segment) => sum + segment.rows, 0)
    return arbitraryTensor(rows * hiddenSize).map((payload): Message => ({
      ...fields,
      kind: 'hidden',
      hiddenSize,
      segments,
      payload,
    }))
  })
}

function arbitraryWeights(header: fc.Arbitrary<unknown>): fc.Arbitrary<Message> {
  return fc.tuple(header, fc.uint8Array({ maxLength: 70 })).map(([fields, bytes]) => {
    return { ...(fields as { readonly request: number }), kind: 'weights', payload: Uint8Array.from(bytes) }
  })
}

/** Any valid message of one kind. */
export function arbitraryMessage(kind: MessageKind): fc.Arbitrary<Message> {
  const header = arbitraryOf(CATALOGUE[kind].schema)
  if (kind === 'hidden') return arbitraryHidden(header)
  if (kind === 'weights') return arbitraryWeights(header)
  return header.map((fields) => ({ kind, ...(fields as object) }) as Message)
}

/** Any valid message. */
export const arbitraryAnyMessage: fc.Arbitrary<Message> = fc.oneof(...MESSAGE_KINDS.map(arbitraryMessage))
