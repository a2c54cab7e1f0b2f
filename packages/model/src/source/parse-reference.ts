import { ReferenceUnknownError } from '../errors.ts'
import { isSafeFileName } from './file-name.ts'

/** What a reference that is no local path names. */
export type RemoteReference =
  | { readonly kind: 'url'; readonly url: URL }
  | {
      readonly kind: 'hub'
      /** `org/name`. */
      readonly id: string
      readonly revision: string
      /** File inside the repository that the user named. */
      readonly wanted: string | undefined
    }

const PART = String.raw`[A-Za-z0-9][A-Za-z0-9._-]{0,95}`
const HUB_ID = new RegExp(
  String.raw`^(?<id>${PART}/${PART})(?:@(?<revision>[A-Za-z0-9][A-Za-z0-9._/-]{0,127}))?(?:[:/](?<wanted>[^:]+))?$`,
)

/**
 * Reads `https://host/file.gguf`, `org/name`, `org/name@revision`, `org/name:file.gguf` or `org/name/file.gguf`.
 *
 * A revision may hold slashes (`refs/pr/1`), so with a revision the file follows a colon.
 *
 * @throws ReferenceUnknownError if it is none of these.
 */
export function parseReference(reference: string): RemoteReference {
  if (/^https?:\/\//i.test(reference)) return parseUrl(reference)
  const groups = HUB_ID.exec(reference)?.groups
  const { id, revision = 'main', wanted } = groups ?? {}
  if (id === undefined || revision.includes('..') || revision.endsWith('/')) {
    throw new ReferenceUnknownError(
      reference,
      'there is no such file or folder, and it has not the form of a hub id',
    )
  }
  if (wanted !== undefined && !isSafeFileName(wanted))
    throw new ReferenceUnknownError(reference, 'the file name in it is not allowed')
  return { kind: 'hub', id, revision, wanted }
}

function parseUrl(reference: string): RemoteReference {
  try {
    return { kind: 'url', url: new URL(reference) }
  } catch {
    throw new ReferenceUnknownError(reference, 'it is no valid address')
  }
}
