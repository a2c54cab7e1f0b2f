import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '@shardline/ledger'
import { sql } from 'kysely'
import type { PartyId } from '@shardline/identity'

const script = fileURLToPath(new URL('recompute_balances.py', import.meta.url))
const python = process.env['SHARDLINE_TEST_PYTHON'] ?? 'python3'
const LAYERS = 8
const FEE_BPS = 1_000

/** Why balances can't be recomputed here; false if they can. */
export const recomputeSkip: string | false =
  spawnSync(python, ['--version']).status === 0
    ? false
    : `there is no ${python}; name one in SHARDLINE_TEST_PYTHON`

/** What the script found. */
export interface Recomputed {
  readonly receipts: number
  readonly billedRequests: number
  readonly wrong: readonly string[]
}

interface StoredRequest {
  readonly [column: string]: unknown
}

/** What the script is given of each request: evidence and what was made of it, straight from the table. */
const QUERY = `select json_build_object(
  'id', id, 'user', payer, 'driver', driver, 'fence', fence, 'state', state, 'hold', hold::text,
  'lockedPrice', trim_scale(locked_price::numeric / 1e18)::text,
  'promptTokensMax', prompt_tokens_max, 'outputTokensMax', output_tokens_max,
  'acknowledged', json_build_object('prompt', acknowledged_prompt, 'output', acknowledged_output),
  'price', coalesce(settlement_plan->>'price', '0'), 'billed', coalesce(settlement_plan->>'billed', '0'),
  'fee', coalesce(settlement_plan->>'fee', '0'), 'refund', coalesce(settlement_plan->>'refund', '0'),
  'receipts', coalesce(receipts->'accepted', '[]'::jsonb)) as request from market.requests`

/**
 * Has a program that shares nothing with this one work out what everybody should have, from the signed receipts in the
 * database of a market that has stopped. `balances` is what the ledger said.
 */
export async function recomputeBalances(init: {
  readonly database: string
  readonly deposited: Readonly<Record<PartyId, bigint>>
  readonly balances: Readonly<Record<PartyId, bigint>>
}): Promise<Recomputed> {
  await using database = await openDatabase(init.database)
  const { rows } = await sql.raw<{ readonly request: StoredRequest }>(QUERY).execute(database.kysely)
  const texts = (amounts: Readonly<Record<string, bigint>>): Record<string, string> =>
    Object.fromEntries(Object.entries(amounts).map(([party, amount]) => [party, String(amount)]))
  const input = {
    deposited: texts(init.deposited),
    balances: texts(init.balances),
    feeBps: FEE_BPS,
    layerCount: LAYERS,
    requests: rows.map(({ request }) => request),
  }
  return JSON.parse(await runScript(JSON.stringify(input))) as Recomputed
}

async function runScript(input: string): Promise<string> {
  const child = spawn(python, [script])
  let output = ''
  let errors = ''
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (errors += String(text)))
  child.stdin.end(input)
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`the script ended with ${String(code)}: ${errors}`)
  return output
}
