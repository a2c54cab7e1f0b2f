import { Type } from '@sinclair/typebox'
import { NODE_DECODE_MS_MAX, NODE_MEMORY_BYTES_MAX, WORKERS_PER_REQUEST_MAX } from '../../limits.ts'
import type { DriverListing, NodeListing, NodeWork } from '../../node/listing.ts'
import { driverKeyEntryShape } from './driver-key-shapes.ts'
import {
  numericClassText,
  quantizationText,
  modelIdText,
  partyIdText,
  priceFloorText,
  roleWord,
  timeMs,
} from './parts.ts'
import { list, record, shape } from './shape.ts'
import type { Shape } from './shape.ts'

const rate = Type.Number({ minimum: 0, description: 'tokens per second' })
const ratio = Type.Number()

const reputationShape = record(
  {
    completed: Type.Integer(),
    failed: Type.Integer(),
    flagged: Type.Integer(),
    score: Type.Number({ description: '5th percentile of Beta(1 + successes, 1 + failures)' }),
    preference: Type.Optional(record({ compared: Type.Integer(), ratio, low: ratio, high: ratio })),
  },
  { title: 'Reputation' },
)

/** What a worker or a validator says that its machine can do. */
export const nodeWorkShape: Shape<NodeWork> = shape<NodeWork>()(
  record({
    numericClass: numericClassText,
    memoryBytes: Type.Integer({
      minimum: 0,
      maximum: NODE_MEMORY_BYTES_MAX,
      description: 'bytes that plans may use',
    }),
    decodeMs: Type.Number({
      minimum: 0,
      maximum: NODE_DECODE_MS_MAX,
      description: 'milliseconds for a billion multiply-adds of single tokens',
    }),
  }),
)

/** A driver with its live capacity for one model. */
export const driverListingShape: Shape<DriverListing> = shape<DriverListing>()(
  record(
    {
      driver: partyIdText,
      model: modelIdText,
      address: Type.Optional(Type.String()),
      region: Type.Optional(Type.String()),
      sealingKey: Type.Optional(driverKeyEntryShape),
      numericClass: numericClassText,
      quantization: quantizationText,
      workers: list(partyIdText, WORKERS_PER_REQUEST_MAX),
      tokensPerSecond: rate,
      reportedTokensPerSecond: rate,
      reputation: reputationShape,
    },
    { title: 'DriverListing' },
  ),
)

/** A node that can be dialed. */
export const nodeListingShape: Shape<NodeListing> = shape<NodeListing>()(
  record(
    {
      node: partyIdText,
      roles: Type.Array(roleWord),
      address: Type.String(),
      region: Type.Optional(Type.String()),
      work: Type.Optional(nodeWorkShape),
      priceFloor: Type.Optional(priceFloorText),
      reputation: reputationShape,
    },
    { title: 'NodeListing' },
  ),
)

/** Nodes of a role. */
export interface NodeList {
  readonly nodes: readonly NodeListing[]
}

/** Nodes of a role, those first that completed most. */
export const nodeListShape: Shape<NodeList> = shape<NodeList>()(
  record({ nodes: Type.Array(nodeListingShape) }),
)

/** Drivers, best first. */
export interface DriverList {
  readonly drivers: readonly DriverListing[]
}

/** Drivers with live capacity, best first. */
export const driverListShape: Shape<DriverList> = shape<DriverList>()(
  record({ drivers: Type.Array(driverListingShape) }),
)

/** Whose market this is, and what time it has. */
export interface MarketFacts {
  /** What signed requests name as their audience. */
  readonly id: string
  readonly timeMs: number
  /** Whose signature stands under its checkpoints, as in `name+keyid+key`; undefined when it signs none. */
  readonly logKey: string | undefined
}

/** Whose market this is. */
export const marketFactsShape: Shape<MarketFacts> = shape<MarketFacts>()(
  record({
    id: partyIdText,
    timeMs,
    logKey: Type.Optional(Type.String({ description: 'key under the checkpoints of the ledger' })),
  }),
)
