import { base64 } from '@scure/base'
import type { Random } from '@shardline/core'
import { readOwnPrompt, sealPrompt } from '@shardline/identity'
import type { HistoryKey, PartyId, SealedTerms } from '@shardline/identity'
import { askContent } from '@shardline/wire'
import type { AskContent } from '@shardline/wire'
import type { VerifiedDriverKey } from './driver-key-directory.ts'
import type { MarketRequest } from './market-request.ts'

/** What {@link sealForRequest} takes. */
export interface SealForRequestInit {
  readonly content: AskContent
  /** The opened request. */
  readonly request: Pick<MarketRequest, 'id' | 'hold' | 'deadlineMs'>
  /** Who shall read it. */
  readonly driver: PartyId
  readonly key: VerifiedDriverKey
  readonly historyKey: HistoryKey
  readonly random: Pick<Random, 'bytes'>
}

/**
 * Seals a prompt for a request: to its driver alone, and bound to the request's id, the driver, what is held for it, and
 * the time at which it ends. Base64, as the market takes it.
 *
 * @throws PromptTooLongError
 */
export async function sealForRequest(init: SealForRequestInit): Promise<string> {
  const { content, request, driver, key, historyKey, random } = init
  const sealed = await sealPrompt({
    prompt: askContent.encode(content),
    driverKey: key.publicKey,
    terms: {
      requestId: request.id,
      driverId: driver,
      lockedPrice: request.hold,
      expiresAtMs: Math.floor(request.deadlineMs),
    },
    historyKey,
    random,
  })
  return base64.encode(sealed)
}

/** A prompt of one's own, and what it was bound to. */
export interface OwnPrompt {
  readonly content: AskContent
  readonly terms: SealedTerms
}

/**
 * Reads a sealed prompt again as the user who sealed it, wherever it was kept.
 *
 * @throws SealMalformedError, SealBrokenError; HistoryKeyWrongError if another user sealed it.
 */
export async function readPrompt(sealedPrompt: string, historyKey: HistoryKey): Promise<OwnPrompt> {
  const { prompt, terms } = await readOwnPrompt(base64.decode(sealedPrompt), historyKey)
  return { content: askContent.decode(prompt), terms }
}
