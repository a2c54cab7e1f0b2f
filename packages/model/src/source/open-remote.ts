import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import type { Clock, Random } from '@shardline/core'
import { BoundedQueue, systemClock, systemRandom } from '@shardline/core'
import { SourceOfflineError, SourceUnreachableError } from '../errors.ts'
import { REQUESTS_MAX, REQUESTS_QUEUED_MAX } from '../limits.ts'
import { isSafeFileName } from './file-name.ts'
import type { HttpOptions } from './http-client.ts'
import { HttpClient, addressOf } from './http-client.ts'
import type { DownloadOptions } from './http-source.ts'
import type { HubListing, HubRepository } from './hub-listing.ts'
import { hubFileUrl, isCommit, listHubRepository } from './hub-listing.ts'
import type { RemoteReference } from './parse-reference.ts'
import { recall, remember } from './remembered.ts'
import { RemoteFiles } from './remote-files.ts'
import { selectFiles } from './select-files.ts'
import { MODEL_FILE, hubModelFolder, urlModelFolder } from './source-cache.ts'

/** Options of everything that is fetched from a server. */
export interface RemoteOptions extends DownloadOptions, HttpOptions {
  /** Folder for everything that is kept between runs. */
  readonly cacheFolder: string
  /** Address of the hub. @default 'https://huggingface.co' */
  readonly hubEndpoint?: string
  /** Token for models that aren't open to everyone; sent to the hub only, never to where it redirects. @default none */
  readonly hubToken?: string
  /** Requests of one model that run at the same time. @default REQUESTS_MAX */
  readonly requestsMax?: number
  /** Bytes of a side file (config, tokenizer, index) at the most. @default SIDE_FILE_BYTES_MAX */
  readonly sideFileBytesMax?: number
  /** Bytes of one downloaded file at the most. @default SOURCE_FILE_BYTES_MAX */
  readonly fileBytesMax?: number
  /** Gives everything up. @default none */
  readonly signal?: AbortSignal
  /** @default systemClock */
  readonly clock?: Clock
  /** @default systemRandom */
  readonly random?: Random
}

/** The hub that ids refer to if nothing else is set. */
export const HUB_ENDPOINT_DEFAULT = 'https://huggingface.co'

const LISTING = Type.Object({
  commit: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]*$' }),
  names: Type.Array(Type.String()),
})

/**
 * The files of a model on a server. Of a hub's repository, the listing is fetched; contents are as far as they are read.
 *
 * Without network, what is in the cache is used: in offline mode only that, otherwise if the server can't be reached.
 *
 * @throws errors of listHubRepository, of describeRemoteFile, and of selectFiles; SourceOfflineError.
 */
export async function openRemote(
  reference: string,
  remote: RemoteReference,
  options: RemoteOptions,
): Promise<RemoteFiles> {
  const endpoint = new URL(options.hubEndpoint ?? HUB_ENDPOINT_DEFAULT)
  const shared = {
    ...options,
    reference,
    client: new HttpClient({
      ...options,
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom,
      token: options.hubToken,
      tokenOrigin: endpoint.origin,
    }),
    queue: new BoundedQueue({
      entriesMax: REQUESTS_QUEUED_MAX,
      concurrency: options.requestsMax ?? REQUESTS_MAX,
    }),
  }
  return remote.kind === 'url' ? openUrl(remote.url, shared) : openRepository({ ...remote, endpoint }, shared)
}

interface Shared extends RemoteOptions {
  readonly reference: string
  readonly client: HttpClient
  readonly queue: BoundedQueue
}

async function openUrl(url: URL, shared: Shared): Promise<RemoteFiles> {
  const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
  const safeName = isSafeFileName(name) ? name : 'file'
  const digest = createHash('sha256').update(url.href).digest('hex')
  const folder = urlModelFolder(shared.cacheFolder, url, digest.slice(0, 32))
  const names = selectFiles({ reference: addressOf(url), names: [safeName], wanted: safeName })
  if (shared.isOffline !== true)
    await remember(join(folder, MODEL_FILE), { reference: addressOf(url), host: url.host })
  const files = new RemoteFiles({
    ...shared,
    names,
    urlOf: () => url,
    folder,
    state: 'current',
    isHub: false,
    isImmutable: false,
  })
  try {
    // A wrong address is better noticed now than with the first read.
    await files.open(safeName)
    if (shared.isOffline !== true)
      await remember(join(folder, MODEL_FILE), { reference: addressOf(url), host: url.host })
    return files
  } catch (cause) {
    await files[Symbol.asyncDispose]()
    throw cause
  }
}

async function openRepository(
  repository: HubRepository & { readonly wanted: string | undefined },
  shared: Shared,
): Promise<RemoteFiles> {
  const folder = hubModelFolder(shared.cacheFolder, repository.endpoint, repository.id)
  const listing = await listOrRecall(repository, folder, shared)
  const names = selectFiles({ reference: shared.reference, names: listing.names, wanted: repository.wanted })
  const { commit } = listing
  return new RemoteFiles({
    ...shared,
    names,
    urlOf: (name) => hubFileUrl(repository, commit, name),
    folder,
    state: encodeURIComponent(commit),
    isHub: true,
    isImmutable: isCommit(commit),
  })
}

async function listOrRecall(repository: HubRepository, folder: string, shared: Shared): Promise<HubListing> {
  const path = join(folder, 'revisions', `${encodeURIComponent(repository.revision)}.json`)
  const remembered = await recall(path, LISTING)
  // A remembered listing was checked when it came, but the cache may have been edited since.
  const usable = remembered?.names.every((name) => isSafeFileName(name)) === true ? remembered : undefined
  if (usable !== undefined && (shared.isOffline === true || isCommit(repository.revision))) return usable
  if (shared.isOffline === true)
    throw new SourceOfflineError(`the listing of ${repository.id}@${repository.revision}`)
  try {
    const listing = await listHubRepository(shared.client, repository, shared.signal)
    await remember(join(folder, MODEL_FILE), { reference: repository.id, host: repository.endpoint.host })
    await remember(path, listing)
    return listing
  } catch (cause) {
    if (cause instanceof SourceUnreachableError && usable !== undefined) return usable
    throw cause
  }
}
