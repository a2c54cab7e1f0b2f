import type { HistoryKey } from '@shardline/identity'
import { comparisonCommitment } from '@shardline/identity'
import { askContent } from '@shardline/wire'
import type { AskContent } from '@shardline/wire'

/**
 * What a request is opened with so that its answer can be compared with another one's later: 32 bytes in hex that bind
 * the user to the prompt, and tell nobody anything about it.
 */
export function promptCommitment(content: AskContent, id: string, historyKey: HistoryKey): string {
  const key = historyKey.comparisonKey(askContent.encode(content))
  return hex(comparisonCommitment({ salt: historyKey.comparisonSalt(id), key }))
}

/** What opens the commitments of two requests: shows that their prompts were equal, and still not what they were. */
export interface ComparisonOpenings {
  readonly promptKey: string
  readonly salts: { readonly preferred: string; readonly other: string }
}

/** The openings of two requests that were opened with a {@link promptCommitment} to the same prompt. */
export function comparisonOpenings(
  content: AskContent,
  ids: { readonly preferred: string; readonly other: string },
  historyKey: HistoryKey,
): ComparisonOpenings {
  return {
    promptKey: hex(historyKey.comparisonKey(askContent.encode(content))),
    salts: {
      preferred: hex(historyKey.comparisonSalt(ids.preferred)),
      other: hex(historyKey.comparisonSalt(ids.other)),
    },
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
