import type { Clock } from '@shardline/core'
import { openPrompt } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { askContent } from '@shardline/wire'
import type { AskContent, AskMessage } from '@shardline/wire'
import { PaidModelMismatchError } from './paid/paid-errors.ts'
import { AskExpiryError, ModelNotServedError } from './service-errors.ts'
import { marketModelOf } from './served-model.ts'
import type { SealingKeyRing } from './sealing-key-ring.ts'
import type { PipelineHost } from './pipeline-host.ts'

/** What asks are opened with. */
export interface OpenAskComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly identity: Pick<Identity, 'id'>
  readonly keys: SealingKeyRing
}

/** Options of {@link openAsk}. */
export interface OpenAskInit {
  readonly askBytesMax: number
  readonly askExpiryMsMax: number
  /** Microcredits that were agreed on for this request. */
  readonly lockedPrice: bigint
}

/** An ask whose seal was opened. */
export interface OpenedAsk {
  readonly ask: string
  /** The user's key that the answer is sealed to. */
  readonly responseKey: Uint8Array
  readonly expiresAtMs: number
  /** What the user sent, not checked. */
  readonly prompt: Uint8Array
}

/**
 * Opens the seal of an ask, which binds it to this request, driver and price for a time.
 *
 * @throws the errors of `openPrompt` of `@shardline/identity`; AskExpiryError.
 */
export async function openAsk(
  message: AskMessage,
  components: OpenAskComponents,
  init: OpenAskInit,
): Promise<OpenedAsk> {
  const { clock, identity, keys } = components
  const { ask } = message
  const { prompt, responseKey, terms } = await openPrompt({
    sealed: Buffer.from(message.sealed, 'base64'),
    keys: await keys.pairs(),
    expected: { requestId: ask, driverId: identity.id, lockedPrice: init.lockedPrice },
    clock,
    promptBytesMax: init.askBytesMax,
  })
  const aheadMs = terms.expiresAtMs - clock.now()
  if (aheadMs > init.askExpiryMsMax) throw new AskExpiryError(aheadMs, init.askExpiryMsMax)
  return { ask, responseKey, expiresAtMs: terms.expiresAtMs, prompt }
}

/** An ask's content and what answers it. */
export interface ReadAsk {
  readonly content: AskContent
  readonly host: PipelineHost
}

/**
 * Reads the content of an ask, and finds the model that it means: by the name that is served, or by the market's where
 * `paidModel` says which one is paid.
 *
 * @throws ContentInvalidError, ModelNotServedError, PaidModelMismatchError.
 */
export function readAsk(opened: OpenedAsk, hosts: readonly PipelineHost[], paidModel?: string): ReadAsk {
  const content = askContent.decode(opened.prompt)
  if (paidModel !== undefined) return { content, host: paidHost(content, hosts, paidModel) }
  const [only, ...others] = hosts
  const host =
    content.model === null
      ? others.length === 0
        ? only
        : undefined
      : hosts.find(({ model }) => model.name === content.model)
  if (host === undefined) throw new ModelNotServedError(hosts.map(({ model }) => model.name))
  return { content, host }
}

/** The model at the market is the one that counts; the prompt may name it, by either name, or none. */
function paidHost({ model }: AskContent, hosts: readonly PipelineHost[], paid: string): PipelineHost {
  const host = hosts.find((one) => marketModelOf(one.model) === paid)
  if (host !== undefined && (model === null || model === paid || model === host.model.name)) return host
  throw new PaidModelMismatchError(
    paid,
    hosts.map((one) => marketModelOf(one.model)),
  )
}
