import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** One request that the servers got. */
export interface SeenRequest {
  readonly host: 'hub' | 'storage'
  readonly method: string
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
  /** Bytes of the body that were sent so far. */
  bytes: number
}

/** What goes wrong; change it while the servers run. */
export interface HubFaults {
  /** Range requests are answered with the whole file. */
  isRangeIgnored: boolean
  /** HEAD is answered with 405. */
  isHeadRefused: boolean
  /** Ends the connection after so many bytes of a body; undefined lets it pass. */
  dropAfter: (() => number | undefined) | undefined
  /** Answers a range with at most so many bytes, as if they were all. */
  shortRangeBytes: number | undefined
  /** Statuses that the next requests for contents get instead of an answer. */
  readonly statuses: { readonly status: number; readonly retryAfter?: string }[]
  /** Bodies are other bytes than their checksum says. */
  isCorrupt: boolean
  /** Wait between pieces of a body. */
  pieceMs: number
  /** Stops in the middle of the next bodies, so many times, without ending them. */
  stalls: number
  /** Entity tag that is sent from now on. */
  etag: string | undefined
}

/** A repository. */
export interface HubRepositoryFixture {
  readonly id: string
  readonly commit?: string
  /** Content by name. Names that end in `.gguf` or `.safetensors` are stored on the second host. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Only who sends this token gets in; others get 401, or 403 with another token. */
  readonly token?: string
  /** Names that the listing has besides; they need no content. */
  readonly listedNames?: readonly string[]
}

/** A hub on loopback with a second host for large files. */
export interface HubServer extends AsyncDisposable {
  readonly endpoint: string
  readonly storageEndpoint: string
  readonly requests: SeenRequest[]
  readonly faults: HubFaults
  add(repository: HubRepositoryFixture): void
  /** Bytes of contents that were sent so far. */
  sentBytes(): number
}

const PIECE_BYTES = 16 * 1024
const COMMIT = '0123456789abcdef0123456789abcdef01234567'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const gitSha1 = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
const isLarge = (name: string): boolean => /\.(?:gguf|safetensors)$/.test(name)

/** Starts both hosts. */
export async function startHubServer(): Promise<HubServer> {
  const hub = new HubFixture()
  await hub.start()
  return hub
}

class HubFixture implements HubServer {
  readonly requests: SeenRequest[] = []
  readonly faults: HubFaults = {
    isRangeIgnored: false,
    isHeadRefused: false,
    dropAfter: undefined,
    shortRangeBytes: undefined,
    statuses: [],
    isCorrupt: false,
    pieceMs: 0,
    stalls: 0,
    etag: undefined,
  }
  readonly #repositories = new Map<string, HubRepositoryFixture>()
  readonly #hub: Server = createServer((request, response) => void this.#onHub(request, response))
  readonly #storage: Server = createServer((request, response) => void this.#onStorage(request, response))

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`
  }

  get storageEndpoint(): string {
    return `http://127.0.0.1:${(this.#storage.address() as AddressInfo).port}`
  }

  async start(): Promise<void> {
    for (const server of [this.#hub, this.#storage]) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
  }

  add(repository: HubRepositoryFixture): void {
    this.#repositories.set(repository.id, repository)
  }

  sentBytes(): number {
    return this.requests.reduce((sum, request) => sum + request.bytes, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#hub, this.#storage]) {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }

  async #onHub(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = this.#note('hub', request)
    const { id, revision, name } = readPath(decodeURIComponent(seen.path))
    const repository = this.#repositories.get(id)
    const commit = repository?.commit ?? COMMIT
    const isKnown = [commit, 'main'].includes(revision)
    if (repository === undefined || !isKnown) return end(response, 404)
    if (repository.token !== undefined && seen.authorization !== `Bearer ${repository.token}`) {
      return end(response, seen.authorization === undefined ? 401 : 403)
    }
    response.setHeader('x-repo-commit', commit)
    if (name === undefined) return sendListing(response, repository, commit)
    await this.#sendFile(seen, response, { repository, name })
  }

  async #sendFile(
    seen: SeenRequest,
    response: ServerResponse,
    file: { readonly repository: HubRepositoryFixture; readonly name: string },
  ): Promise<void> {
    const { repository, name } = file
    const content = repository.files[name]
    if (content === undefined) return end(response, 404)
    if (seen.method === 'HEAD' && this.faults.isHeadRefused) return end(response, 405)
    if (!isLarge(name)) {
      response.setHeader('etag', `"${this.faults.etag ?? gitSha1(content)}"`)
      return this.#sendContent(seen, response, content)
    }
    response.setHeader('x-linked-etag', `"${this.faults.etag ?? sha256(content)}"`)
    response.setHeader('x-linked-size', content.length)
    response.setHeader('location', `${this.storageEndpoint}/${repository.id}/${name}?signature=secret`)
    end(response, 302)
  }

  async #onStorage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = this.#note('storage', request)
    const [, id, name] = /^\/([^/]+\/[^/]+)\/(.+)$/.exec(decodeURIComponent(seen.path)) ?? []
    const content = this.#repositories.get(id ?? '')?.files[name ?? '']
    if (content === undefined) return end(response, 404)
    if (seen.method === 'HEAD' && this.faults.isHeadRefused) return end(response, 405)
    // A storage has tags of its own, which say nothing about the content.
    response.setHeader('etag', `"${this.faults.etag ?? `storage-${content.length}`}"`)
    await this.#sendContent(seen, response, content)
  }

  async #sendContent(seen: SeenRequest, response: ServerResponse, content: Uint8Array): Promise<void> {
    const fault = seen.method === 'GET' ? this.faults.statuses.shift() : undefined
    if (fault !== undefined) {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter)
      return end(response, fault.status)
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(seen.range ?? '')
    const isRange = range !== null && !this.faults.isRangeIgnored
    const start = isRange ? Number(range[1]) : 0
    if (start >= content.length && content.length > 0) return end(response, 416)
    const asked = isRange ? Math.min(Number(range[2]) + 1, content.length) : content.length
    const stop = isRange ? Math.min(asked, start + (this.faults.shortRangeBytes ?? Infinity)) : asked
    if (isRange) response.setHeader('content-range', `bytes ${start}-${stop - 1}/${content.length}`)
    response.writeHead(isRange ? 206 : 200, { 'content-length': stop - start })
    if (seen.method === 'HEAD') {
      response.end()
      return
    }
    await this.#sendBody(seen, response, content.subarray(start, stop))
  }

  async #sendBody(seen: SeenRequest, response: ServerResponse, body: Uint8Array): Promise<void> {
    const dropAfter = this.faults.dropAfter?.() ?? Infinity
    const isStalled = this.faults.stalls > 0
    if (isStalled) this.faults.stalls--
    for (let at = 0; at < body.length; at += PIECE_BYTES) {
      const piece = Uint8Array.from(body.subarray(at, Math.min(at + PIECE_BYTES, dropAfter, body.length)))
      if (this.faults.isCorrupt && piece.length > 0) piece[0] = (piece[0] ?? 0) ^ 1
      seen.bytes += piece.length
      const hasRoom = response.write(piece)
      if (at + PIECE_BYTES >= dropAfter) {
        // Lets what was written out before the connection breaks.
        await sleep(5)
        response.destroy()
        return
      }
      if (isStalled) return
      if (!hasRoom && !response.destroyed) await drained(response)
      if (this.faults.pieceMs > 0) await sleep(this.faults.pieceMs)
      if (response.destroyed) return
    }
    response.end()
  }

  #note(host: SeenRequest['host'], request: IncomingMessage): SeenRequest {
    const seen = {
      host,
      method: request.method ?? '',
      path: (request.url ?? '').replace(/\?.*$/, ''),
      range: request.headers.range,
      authorization: request.headers.authorization,
      bytes: 0,
    }
    this.requests.push(seen)
    return seen
  }
}

/** Without a name: the listing is wanted. */
function readPath(path: string): {
  readonly id: string
  readonly revision: string
  readonly name: string | undefined
} {
  const [, listed = '', listedRevision = ''] =
    /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(path) ?? []
  if (listed !== '') return { id: listed, revision: listedRevision, name: undefined }
  const [, id = '', revision = '', name = ''] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? []
  return { id, revision, name }
}

function sendListing(response: ServerResponse, repository: HubRepositoryFixture, commit: string): void {
  const names = [...Object.keys(repository.files), ...(repository.listedNames ?? [])]
  const siblings = names.map((rfilename) => ({ rfilename }))
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ id: repository.id, sha: commit, siblings }))
}

/** Resolves when there is room again, or nobody is left to read. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status)
  response.end()
}
