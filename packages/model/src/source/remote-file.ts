import { createHash } from 'node:crypto'
import { SourceProtocolError, SourceRefusedError } from '../errors.ts'
import { SOURCE_FILE_BYTES_MAX } from '../limits.ts'
import type { ContentCheck } from './content-check.ts'
import { contentCheckOf } from './content-check.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from './http-client.ts'
import { addressOf } from './http-client.ts'

/** A file on a server, at one state of its content. */
export interface RemoteFile {
  /** Name inside its checkpoint. */
  readonly name: string
  readonly url: URL
  readonly sizeBytes: number
  /** What the server calls this state of the content: an entity tag, or failing that the time of its last change; may be empty. */
  readonly etag: string
  readonly check: ContentCheck
}

/** What is asked about. */
export interface RemoteFileQuery {
  readonly name: string
  readonly url: URL
  /** Whether entity tags are checksums, as a hub's are. A hub's redirects always carry checksums. */
  readonly isHub: boolean
  /** Bytes of the file at the most. @default SOURCE_FILE_BYTES_MAX */
  readonly fileBytesMax?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Statuses that mean "not with HEAD". */
const HEAD_REFUSED: ReadonlySet<number> = new Set([400, 405, 501])

/**
 * Asks a server for a file's size and state, without its content.
 *
 * @throws SourceRefusedError if there is no such file or no access; SourceProtocolError if the server doesn't say the size.
 */
export async function describeRemoteFile(client: HttpClient, query: RemoteFileQuery): Promise<RemoteFile> {
  const { url, signal } = query
  const address = addressOf(url)
  return client.retrying().run(
    address,
    async () => {
      // A hub's redirect says it all; its storage may refuse HEAD, because links are signed for GET.
      const head = await sendHead(client, { method: 'HEAD', url, signal, isOriginKept: true })
      const described = head === undefined ? undefined : describe(query, head)
      if (described !== undefined) return described
      await using answer = await client.send({ method: 'GET', url, signal, headers: { range: 'bytes=0-0' } })
      const fallback = describe(query, answer)
      if (fallback === undefined)
        throw new SourceProtocolError(address, 'it does not say how long the file is')
      return fallback
    },
    signal,
  )
}

/** What a server calls the state of the content that an answer belongs to. */
export function etagOf(answer: Pick<HttpAnswer, 'headers' | 'firstHeaders'>): string {
  const { headers, firstHeaders } = answer
  const tag =
    firstHeaders.get('x-linked-etag') ??
    firstHeaders.get('etag') ??
    headers.get('etag') ??
    headers.get('last-modified') ??
    ''
  return tag.replace(/^W\//, '').replaceAll('"', '')
}

/** Name of a file's content in the cache. */
export function blobKeyOf(file: Pick<RemoteFile, 'etag' | 'sizeBytes'>): string {
  const isPlain = /^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(file.etag)
  return `${isPlain ? file.etag : createHash('sha256').update(file.etag).digest('hex')}-${file.sizeBytes}`
}

async function sendHead(client: HttpClient, request: HttpRequest): Promise<HttpAnswer | undefined> {
  try {
    await using answer = await client.send(request)
    return answer
  } catch (cause) {
    if (cause instanceof SourceRefusedError && HEAD_REFUSED.has(cause.status)) return undefined
    throw cause
  }
}

function describe(query: RemoteFileQuery, answer: HttpAnswer): RemoteFile | undefined {
  const size = sizeOf(answer)
  if (size === undefined) return undefined
  const limit = query.fileBytesMax ?? SOURCE_FILE_BYTES_MAX
  const sizeBytes = Number(size)
  if (sizeBytes > limit)
    throw new SourceProtocolError(
      addressOf(query.url),
      `the file has ${size} bytes, over the limit of ${limit}`,
    )
  const etag = etagOf(answer)
  const isChecksum = query.isHub || answer.firstHeaders.has('x-linked-etag')
  return {
    name: query.name,
    url: query.url,
    sizeBytes,
    etag,
    check: isChecksum ? contentCheckOf(etag) : { kind: 'none' },
  }
}

function sizeOf(answer: HttpAnswer): string | undefined {
  const linked = answer.firstHeaders.get('x-linked-size')
  const ranged = /\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')?.[1]
  const whole = answer.status === 200 ? answer.headers.get('content-length') : undefined
  const size = linked ?? ranged ?? whole
  return size !== null && size !== undefined && /^\d{1,15}$/.test(size) ? size : undefined
}
