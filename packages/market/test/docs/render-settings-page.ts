import { DEFAULT_HTTP_SETTINGS, DEFAULT_SETTINGS } from '@shardline/market'
import { readFileSync } from 'node:fs'

const INTRODUCTION = `# Settings of a market

This page is written by \`npm run t -- packages/market/test/docs/write-pages.ts\` from the sources. \`shardline market\` takes settings from a file (\`--settings market.json\`, an object of names and values) and from the command line (\`--set name=value\`, which wins). A name that isn't known and a value that isn't allowed are refused before anything starts.
`

/** Settings that no limit stands for. */
const OTHERS: Readonly<Record<string, string>> = {
  operators: 'ids of parties that may add models and deposit credits; `--operator` adds one',
  workerSplit: '`equal` or `by_layers`: how the workers’ part of a bill is divided',
  trustedProxies: 'addresses or networks of load balancers whose `X-Forwarded-For` is believed',
  allowedOrigins: 'origins whose pages may call the market from a browser, or `*`',
}

const source = (path: string): string => readFileSync(new URL(`../../src/${path}`, import.meta.url), 'utf8')

/** Writes the page of all settings with their defaults and what they bound, as Markdown. */
export function renderSettingsPage(): string {
  const meanings = readMeanings(source('limits.ts'))
  const market = section({ settings: DEFAULT_SETTINGS, text: source('settings.ts'), meanings })
  const http = section({ settings: DEFAULT_HTTP_SETTINGS, text: source('http/http-settings.ts'), meanings })
  return [
    INTRODUCTION,
    '## Rules of the market',
    '',
    'Stored amounts depend on them, so all replicas of one market need the same.',
    '',
    market,
    '',
    '## The HTTP service',
    '',
    'Replicas may differ.',
    '',
    http,
    '',
  ].join('\n')
}

interface SectionInit {
  readonly settings: object
  readonly text: string
  readonly meanings: ReadonlyMap<string, string>
}

function section({ settings, text, meanings }: SectionInit): string {
  const rows = Object.entries(settings).map(([name, value]) => {
    const limit = new RegExp(`^  ${name}: ([A-Z_]+),$`, 'm').exec(text)?.[1]
    const meaning = OTHERS[name] ?? meanings.get(limit ?? '')
    if (meaning === undefined) throw new Error(`the setting ${name} has no meaning`)
    return `| \`${name}\` | ${show(value)} | ${meaning} |`
  })
  return ['| setting | default | what it is |', '| --- | --- | --- |', ...rows].join('\n')
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  return typeof value === 'string' ? `\`${value}\`` : Number(value).toLocaleString('en-US')
}

/** What the comment above each limit says. */
function readMeanings(text: string): ReadonlyMap<string, string> {
  const found = [...text.matchAll(/\/\*\* ([^*]+) \*\/\nexport const ([A-Z_]+)/g)]
  return new Map(
    found.map(([, comment = '', name = '']) => [
      name,
      comment.replace(/\.$/, '').replace(/^[A-Z](?=[a-z]+\b)/, (c) => c.toLowerCase()),
    ]),
  )
}
