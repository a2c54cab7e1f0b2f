import { Type } from '@sinclair/typebox'
import { WORKERS_PER_REQUEST_MAX } from '../../limits.ts'
import type { DriverListing } from '../../node/listing.ts'
import { driverKeyEntryShape } from './driver-key-shapes.ts'
import { numericClassText, quantizationText, modelIdText, partyIdText, timeMs } from './parts.ts'
import { list, record, shape } from './shape.ts'
import type { Shape } from './shape.ts'

const rate = Type.Number({ minimum: 0, description: 'tokens per second' })
const ratio = Type.Number()

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
      reputation: record(
        {
          completed: Type.Integer(),
          failed: Type.Integer(),
          flagged: Type.Integer(),
          score: Type.Number({ description: '5th percentile of Beta(1 + successes, 1 + failures)' }),
          preference: Type.Optional(record({ compared: Type.Integer(), ratio, low: ratio, high: ratio })),
        },
        { title: 'Reputation' },
      ),
    },
    { title: 'DriverListing' },
  ),
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
