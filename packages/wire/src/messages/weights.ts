import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { record } from './parts.ts'

/** Answer to `weights-ask`: the range, which the asker has to check. */
export interface WeightsMessage {
  readonly kind: 'weights'
  readonly request: RequestId
  /** The bytes as they are in the file: the frame's payload, WEIGHTS_BYTES_MAX at the most. */
  readonly payload: Uint8Array
}

/** Schema of the header of {@link WeightsMessage}. */
export const weightsHeader: HeaderSchema<WeightsMessage> = headerSchema<WeightsMessage>()(
  record({ request: requestIdSchema }),
)
