import { Type } from '@sinclair/typebox'
import type { DriverFilters } from '../../reputation/filters.ts'
import { WORKERS_PER_REQUEST_MAX } from '../../limits.ts'
import {
  numericClassText,
  quantizationText,
  counter,
  flag,
  partyIdText,
  priceText,
  regionText,
  share,
} from './parts.ts'
import { list, record, shape, whole } from './shape.ts'
import type { Shape } from './shape.ts'

const DRIVERS_MAX = 256
const MS_MAX = 2_147_483_647

/** What a user demands of driver and workers. */
export const filtersShape: Shape<DriverFilters> = shape<DriverFilters>()(
  record(
    {
      drivers: Type.Optional(list(partyIdText, DRIVERS_MAX, 'only these drivers')),
      workers: Type.Optional(list(partyIdText, WORKERS_PER_REQUEST_MAX, 'only these workers')),
      trustedWorkersOnly: Type.Optional(flag),
      completedMin: Type.Optional(counter),
      successRatioMin: Type.Optional(share),
      preferenceMin: Type.Optional(share),
      region: Type.Optional(regionText),
      maxPrice: Type.Optional(priceText),
      maxTimeMs: Type.Optional(whole(1, MS_MAX, 'milliseconds')),
      numericClass: Type.Optional(numericClassText),
      quantization: Type.Optional(quantizationText),
    },
    { title: 'Filters' },
  ),
)
