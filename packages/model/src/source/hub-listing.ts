import { SourceProtocolError } from '../errors.ts'
import { CHECKPOINT_FILES_MAX } from '../limits.ts'
import { checkFileName } from './file-name.ts'
import type { HttpClient } from './http-client.ts'
import { addressOf } from './http-client.ts'

/** Files of a repository at one commit. */
export interface HubListing {
  /** Commit (40 hexadecimal digits), or the revision itself if the hub doesn't say. */
  readonly commit: string
  readonly names: readonly string[]
}

/** A repository at a revision. */
export interface HubRepository {
  /** Address of the hub, for example `https://huggingface.co`. */
  readonly endpoint: URL
  /** `org/name`. */
  readonly id: string
  /** Branch, tag or commit. */
  readonly revision: string
}

/**
 * Asks a hub for the files of a repository.
 *
 * @throws SourceRefusedError if there is no such model or no access; SourceProtocolError if the answer is no listing;
 * FileNameRefusedError if a name leads out of the model's folder; SourceUnreachableError.
 */
export async function listHubRepository(
  client: HttpClient,
  repository: HubRepository,
  signal?: AbortSignal,
): Promise<HubListing> {
  const { endpoint, id, revision } = repository
  const url = hubUrl(endpoint, `api/models/${id}/revision/${encodeURIComponent(revision)}`)
  const answer = await client.json(url, signal)
  const refuse = (why: string): never => {
    throw new SourceProtocolError(addressOf(url), why)
  }
  if (
    typeof answer !== 'object' ||
    answer === null ||
    !('siblings' in answer) ||
    !Array.isArray(answer.siblings)
  )
    return refuse('it lists no files')
  const siblings = answer.siblings as readonly unknown[]
  if (siblings.length > CHECKPOINT_FILES_MAX)
    return refuse(`it lists ${siblings.length} files, over the limit of ${CHECKPOINT_FILES_MAX}`)
  const names = siblings.map((sibling) => nameOf(sibling) ?? refuse('it lists a file without a name'))
  for (const name of names) checkFileName(name)
  return { commit: commitOf(answer) ?? revision, names }
}

/** Address of a file of a repository. */
export function hubFileUrl(
  repository: Pick<HubRepository, 'endpoint' | 'id'>,
  commit: string,
  name: string,
): URL {
  const path = name
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/')
  return hubUrl(repository.endpoint, `${repository.id}/resolve/${encodeURIComponent(commit)}/${path}`)
}

/** Whether a revision can't ever name another content. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}

/** A hub may live under a path of its host. */
function hubUrl(endpoint: URL, path: string): URL {
  return new URL(`${endpoint.origin}${endpoint.pathname.replace(/\/+$/, '')}/${path}`)
}

function nameOf(sibling: unknown): string | undefined {
  const isNamed =
    typeof sibling === 'object' &&
    sibling !== null &&
    'rfilename' in sibling &&
    typeof sibling.rfilename === 'string'
  return isNamed ? (sibling.rfilename as string) : undefined
}

function commitOf(answer: object): string | undefined {
  return 'sha' in answer && typeof answer.sha === 'string' && isCommit(answer.sha) ? answer.sha : undefined
}
