import { accessOf, bodyOf, routesOf } from './open-api.ts'
import type { ApiRoute, JsonSchema } from './open-api.ts'

const TITLES: Readonly<Record<string, string>> = {
  market: 'The market',
  prices: 'Models, prices, quotes',
  nodes: 'Nodes and capacities',
  money: 'Deposits and balances',
  requests: 'Requests, for users',
  feedback: 'Feedback',
  claims: 'Claims, for drivers',
  log: "The ledger's log",
  events: 'Events',
  health: 'Health and metrics',
}

const ACCESS = { public: 'for everyone', signed: 'signed', optional: 'for everyone, or signed' } as const

const INTRODUCTION = `# The market's HTTP interface

This page is written by \`npm run t -- packages/market/test/docs/write-pages.ts\` from the schemas that check every request; a running market serves the same as OpenAPI 3.1 at \`/openapi.json\`.

- Bodies and answers are JSON in UTF-8. A field that isn't listed is refused.
- Amounts are microcredits (1 credit = 1,000,000), prices microcredits per 1,000,000 tokens. Whole numbers that may be large, and decimals that are exact, travel as strings. What isn't known is absent, never null.
- **Signed** requests carry four headers: \`shardline-party\`, \`shardline-time\`, \`shardline-nonce\` and \`shardline-signature\`. The signature covers the method, the path with its query, the SHA3-256 of the body, the time, the nonce, and the id of the market that \`GET /v1/market\` tells. A request is good for 60 s and for one use; a retry needs a new nonce and a new signature, with the same ids in it.
- Every operation is safe to send again after a lost answer: the same ids and fields have the same effect once.
- Every failure is \`{"error": {"code", "message", "retryable", "details"}}\`; [errors.md](errors.md) lists the codes. \`429\` and \`503\` say in \`retry-after\` how many seconds to wait.
- The market bounds everything that it reads, and how often one address and one party may ask: see [market-settings.md](market-settings.md).
`

/** Writes the reference page of an OpenAPI document, as Markdown. */
export function renderApiPage(document: Readonly<Record<string, unknown>>): string {
  const routes = routesOf(document)
  const tags = [...new Set(routes.flatMap(({ operation }) => operation.tags))]
  const sections = tags.map((tag) => {
    const own = routes.filter(({ operation }) => operation.tags.includes(tag))
    return `## ${TITLES[tag] ?? tag}\n\n${own.map(renderRoute).join('\n')}`
  })
  return `${INTRODUCTION}\n${sections.join('\n')}\n${renderShapes(routes)}`
}

/** Describes the objects that are met in several places. */
function renderShapes(routes: readonly ApiRoute[]): string {
  const shapes = new Map<string, JsonSchema>()
  for (const route of routes) {
    collectShapes(bodyOf(route), shapes)
    collectShapes(answerOf(route), shapes)
  }
  const parts = [...shapes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, schema]) => {
      const about = schema.description === undefined ? '' : `In ${schema.description}.\n\n`
      return `### ${title}\n\n${about}${table('field', fieldRows(schema))}\n`
    })
  return `## Objects\n\n${parts.join('\n')}`
}

function collectShapes(schema: JsonSchema | undefined, found: Map<string, JsonSchema>): void {
  if (schema === undefined) return
  if (schema.title !== undefined) found.set(schema.title, schema)
  collectShapes(schema.items, found)
  for (const field of Object.values(schema.properties ?? {})) collectShapes(field, found)
}

function answerOf({ operation }: ApiRoute): JsonSchema | undefined {
  return Object.values(operation.responses['200']?.content ?? {})[0]?.schema
}

function renderRoute(route: ApiRoute): string {
  const { method, path, operation } = route
  const parts = [
    `### ${operation.operationId}`,
    `\`${method} ${path}\`, ${ACCESS[accessOf(route)]}. ${operation.summary}`,
  ]
  const parameters = (operation.parameters ?? []).map(({ name, required, description, schema }) =>
    row(name, required === true, { ...schema, ...(description === undefined ? {} : { description }) }),
  )
  if (parameters.length > 0) parts.push(table('parameter', parameters))
  const body = bodyOf(route)
  if (body !== undefined) parts.push(table('field of the body', fieldRows(body)))
  parts.push(renderAnswer(route))
  return `${parts.join('\n\n')}\n`
}

function renderAnswer(route: ApiRoute): string {
  const schema = answerOf(route)
  if (schema === undefined) return 'The answer is an upgrade to WebSocket.'
  if (schema.title !== undefined) return `The answer is a ${link(schema.title)}.`
  const fields = fieldRows(schema)
  return fields.length > 0 ? table('field of the answer', fields) : 'The answer is text.'
}

function link(title: string): string {
  return `[${title}](#${title.toLowerCase()})`
}

type Row = readonly [name: string, kind: string, meaning: string]

function table(title: string, rows: readonly Row[]): string {
  const lines = [[title, 'kind', 'meaning'], ['---', '---', '---'], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Fields of an object and of all objects within, by their way from the top. */
function fieldRows(schema: JsonSchema, prefix = ''): readonly Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const way = `${prefix}${name}`
    const inner = field.type === 'array' ? field.items : field
    const suffix = field.type === 'array' ? '[].' : '.'
    return [
      row(way, schema.required?.includes(name) === true, field),
      ...(inner === undefined || inner.title !== undefined ? [] : fieldRows(inner, `${way}${suffix}`)),
    ]
  })
}

function row(name: string, isRequired: boolean, schema: JsonSchema): Row {
  const kind = kindOf(schema)
  return [`\`${name}\``, isRequired ? kind : `${kind}, optional`, schema.description ?? '']
}

function kindOf(schema: JsonSchema): string {
  if (schema.title !== undefined) return link(schema.title)
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.type === 'array') {
    const bound = schema.maxItems === undefined ? '' : `, at most ${schema.maxItems}`
    return `list of ${kindOf(schema.items ?? {})}${bound}`
  }
  if (schema.type === 'integer') return `whole number${rangeOf(schema)}`
  if (schema.type === 'number') return `number${rangeOf(schema)}`
  if (schema.type !== 'string') return schema.type ?? 'anything'
  // Where it's described in words, the pattern would only repeat them.
  if (schema.pattern === undefined || schema.description !== undefined) return 'text'
  return `text like \`${schema.pattern.replaceAll('|', '\\|')}\``
}

function rangeOf({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  return minimum === undefined ? '' : ` from ${minimum}`
}
