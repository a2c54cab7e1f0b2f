import type { GatewayContext } from '../http/app.ts'

const ID_BYTES = 16

/** A new id, such as `chatcmpl-3f…`. */
export function answerId(prefix: string, { random }: Pick<GatewayContext, 'random'>): string {
  return `${prefix}${Buffer.from(random.bytes(ID_BYTES)).toString('hex')}`
}

/** Seconds since the Unix epoch, as OpenAI writes times. */
export function nowSeconds({ clock }: Pick<GatewayContext, 'clock'>): number {
  return Math.floor(clock.now() / 1000)
}
