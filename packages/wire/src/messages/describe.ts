import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import { record } from './parts.ts'

/** Asks a node what it is and what it can do. */
export interface DescribeMessage {
  readonly kind: 'describe'
  readonly request: RequestId
}

/** Schema of the header of {@link DescribeMessage}. */
export const describeHeader: HeaderSchema<DescribeMessage> = headerSchema<DescribeMessage>()(
  record({
    request: requestIdSchema,
  }),
)
