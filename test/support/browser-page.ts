import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'
import { root } from '../tidy/sources.ts'

/** Playwright's own is a limit of each step, which a slow machine may need. */
const STEP_MS_MAX = 600_000

const CANDIDATES = [
  process.env['SHARDLINE_TEST_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

const executablePath: string | undefined = CANDIDATES.find((file) => file !== undefined && existsSync(file))

/** Why tests in a browser are skipped, or false if they aren't. */
export const skipWithoutBrowser: string | false =
  executablePath === undefined
    ? 'no Chromium was found: install one, or set SHARDLINE_TEST_CHROMIUM to its executable'
    : false

/** Scripts of the page's own origin alone, and none made of strings; WebAssembly; sockets of loopback. */
export const GUIDE_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src ws://127.0.0.1:*"

/** A page that a test can drive, on an origin of its own. */
export interface BrowserSite extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly origin: string
  /** Opens the site's page. */
  open(): Promise<SitePage>
}

/** An open page, and what went wrong in it. */
export interface SitePage {
  readonly page: Page
  /** Errors of scripts, and what its policy forbade. */
  readonly complaints: readonly string[]
  /** Binary messages that its WebSockets sent and got. */
  readonly traffic: readonly Uint8Array[]
}

const guide = readFileSync(path.join(root, 'docs', 'guides', 'browser.md'), 'utf8')

/** The scripts that the guide shows, whole files and parts. */
export function guideExamples(): readonly string[] {
  return [...guide.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, text = '']) => text)
}

/** The files that the guide shows, and the bundle. */
export function guideSite(): ReadonlyMap<string, string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shardline-site-'))
  try {
    const script = path.join(root, 'scripts', 'build-browser.mjs')
    const built = spawnSync(process.execPath, [script, '--out', folder], { encoding: 'utf8' })
    if (built.status !== 0) throw new Error(built.stderr)
    const shown = [...guide.matchAll(/^`site\/([\w.]+)`:\n\n```\w+\n([\s\S]*?)^```/gm)]
    const bundle = readFileSync(path.join(folder, 'shardline-client.js'), 'utf8')
    return new Map([
      ...shown.map(([, name = '', text = '']) => [`/${name}`, text] as const),
      ['/shardline-client.js', bundle],
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

/** Serves `files` from loopback under a Content-Security-Policy, and opens them in headless Chromium. */
export async function serveSite(files: ReadonlyMap<string, string>, policy: string): Promise<BrowserSite> {
  const server = createServer((request, response) => {
    const name = request.url === '/' ? '/index.html' : (request.url ?? '')
    const text = files.get(name)
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': TYPES[path.extname(name)] ?? 'text/plain',
      'content-security-policy': policy,
    })
    response.end(text)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const userFolder = mkdtempSync(path.join(tmpdir(), 'shardline-browser-'))
  const context = await launch(userFolder)
  context.setDefaultTimeout(STEP_MS_MAX)
  return {
    origin,
    open: () => openPage(context, origin),
    [Symbol.asyncDispose]: async () => {
      await context.close()
      server.closeAllConnections()
      server.close()
      rmSync(userFolder, { recursive: true, force: true })
    },
  }
}

function launch(userFolder: string): Promise<BrowserContext> {
  if (executablePath === undefined) throw new Error(String(skipWithoutBrowser))
  return chromium.launchPersistentContext(userFolder, {
    executablePath,
    headless: true,
    timeout: STEP_MS_MAX,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

async function openPage(context: BrowserContext, origin: string): Promise<SitePage> {
  const page = await context.newPage()
  const complaints: string[] = []
  const traffic: Uint8Array[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('websocket', (socket) => {
    const note = ({ payload }: { readonly payload: string | Buffer }): void => {
      traffic.push(Buffer.from(payload))
    }
    socket.on('framesent', note)
    socket.on('framereceived', note)
  })
  await page.goto(origin)
  return { page, complaints, traffic }
}

/** What the guide's page shows when an answer has ended. */
export interface PageAnswer {
  readonly text: string
  /** Seed and signer, or the message and code of an error. */
  readonly state: string
}

/** Fills in the form of the guide's page, and waits for the end of the answer. */
export async function askInPage(
  { page }: SitePage,
  { invite, text }: { readonly invite: string; readonly text: string },
): Promise<PageAnswer> {
  await page.fill('[name=invite]', invite)
  await page.fill('[name=text]', text)
  await page.click('button')
  const state = page.locator('#state', { hasText: /signed by|\[\w+\]/ })
  await state.waitFor()
  return { text: (await page.textContent('#answer')) ?? '', state: (await state.textContent()) ?? '' }
}
