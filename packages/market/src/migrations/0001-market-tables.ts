import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const TABLES = [
  `create table market.models (
    model text primary key,
    layer_count integer not null check (layer_count > 0),
    base_price bigint not null check (base_price > 0),
    current_price numeric not null check (current_price > 0),
    price_seq bigint not null,
    demand_tokens bigint not null check (demand_tokens >= 0)
  ) with (fillfactor = 50)`,
  `create table market.price_points (
    model text not null references market.models (model),
    seq bigint not null,
    at_ms bigint not null,
    cause text not null,
    price numeric not null,
    supply_mtps bigint not null,
    demand_tokens bigint not null,
    primary key (model, seq)
  )`,
  `create table market.nodes (
    node text primary key,
    roles text[] not null,
    address text,
    region text,
    registered_at_ms bigint not null,
    completed bigint not null default 0,
    failed bigint not null default 0,
    flagged bigint not null default 0,
    compared bigint not null default 0,
    preferred bigint not null default 0
  ) with (fillfactor = 50)`,
  `create table market.capacities (
    model text not null references market.models (model),
    driver text not null references market.nodes (node),
    reported_mtps bigint not null check (reported_mtps >= 0),
    shown_mtps bigint,
    effective_mtps bigint not null check (effective_mtps >= 0),
    numeric_class text not null,
    quantization text not null,
    workers text[] not null,
    since_ms bigint not null,
    expires_at_ms bigint not null,
    primary key (model, driver)
  )`,
  `create table market.driver_keys (
    log_index bigint primary key check (log_index >= 0),
    driver text not null,
    sequence bigint not null check (sequence >= 0),
    encryption_key text not null check (encryption_key ~ '^[A-Za-z0-9_-]{43}$'),
    valid_from_ms bigint not null,
    valid_until_ms bigint not null check (valid_until_ms > valid_from_ms),
    signature text not null check (signature ~ '^[A-Za-z0-9_-]{86}$'),
    logged_at_ms bigint not null,
    unique (driver, sequence)
  )`,
  `create table market.driver_key_log (
    id smallint primary key check (id = 1),
    size bigint not null check (size >= 0)
  ) with (fillfactor = 10)`,
  'insert into market.driver_key_log values (1, 0)',
  `create function market.refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% of market.% is refused: what was logged stays as it is', tg_op, tg_table_name
        using errcode = 'restrict_violation';
    end
  $$`,
  `create trigger driver_keys_stay before update or delete or truncate on market.driver_keys
    for each statement execute function market.refuse_change()`,
  'create index capacities_by_expiry on market.capacities (expires_at_ms)',
  `create table market.requests (
    id uuid primary key,
    state text not null,
    model text not null references market.models (model),
    payer text not null,
    driver text not null,
    locked_price numeric not null,
    hold bigint not null check (hold > 0),
    is_held boolean not null default false,
    prompt_tokens_max integer not null check (prompt_tokens_max > 0),
    output_tokens_max integer not null check (output_tokens_max > 0),
    priority smallint not null check (priority between 0 and 9),
    filters jsonb not null,
    prompt_commitment text,
    fence integer not null default 0,
    attempts integer not null default 0,
    delivered_prompt integer not null default 0,
    delivered_output integer not null default 0,
    acknowledged_prompt integer not null default 0,
    acknowledged_output integer not null default 0,
    participants jsonb,
    receipts jsonb,
    end_reason text,
    created_at_ms bigint not null,
    submitted_at_ms bigint,
    claimed_at_ms bigint,
    claim_key uuid,
    lease_until_ms bigint,
    delivered_at_ms bigint,
    deadline_ms bigint not null,
    ended_at_ms bigint,
    lock_seq bigint not null,
    lock_supply_mtps bigint not null,
    lock_driver_mtps bigint not null,
    demand_from_seq bigint,
    demand_to_seq bigint,
    settlement text not null default 'none' check (settlement in ('none', 'due', 'done')),
    settlement_plan jsonb
  ) with (fillfactor = 60)`,
  `create index requests_waiting on market.requests (driver, priority desc, submitted_at_ms, id) where state = 'PENDING'`,
  `create index requests_claimed on market.requests (driver, claim_key) where claim_key is not null and state in ('CLAIMED', 'RUNNING')`,
  `create index requests_of_payer on market.requests (payer, created_at_ms desc, id)`,
  `create index requests_open_of_payer on market.requests (payer) where state in ('QUOTED', 'PENDING', 'CLAIMED', 'RUNNING', 'DELIVERED')`,
  `create index requests_leased on market.requests (lease_until_ms) where state in ('CLAIMED', 'RUNNING')`,
  `create index requests_open on market.requests (deadline_ms) where state in ('QUOTED', 'PENDING', 'CLAIMED', 'RUNNING', 'DELIVERED')`,
  `create index requests_quoted on market.requests (created_at_ms) where state = 'QUOTED'`,
  `create index requests_delivered on market.requests (delivered_at_ms) where state = 'DELIVERED'`,
  `create index requests_due on market.requests (ended_at_ms) where settlement = 'due'`,
  `create index requests_demand on market.requests (model, demand_to_seq) where demand_from_seq is not null`,
  `create index requests_served on market.requests (driver, model, delivered_at_ms) where delivered_at_ms is not null`,
  `create table market.sealed_prompts (
    request uuid primary key references market.requests (id),
    sealed bytea not null
  )`,
  `create table market.flags (
    request uuid primary key references market.requests (id),
    reason text not null,
    at_ms bigint not null
  )`,
  `create table market.comparisons (
    preferred uuid primary key references market.requests (id),
    other uuid not null unique references market.requests (id),
    at_ms bigint not null
  )`,
  `create table market.nonces (
    signer text not null,
    nonce text not null,
    until_ms bigint not null,
    primary key (signer, nonce)
  )`,
  'create index nonces_by_expiry on market.nonces (until_ms)',
] as const

/** The first tables of the market. They hold ids, counts, prices, times, keys and ciphertext; never anybody's text. */
export const marketTables: Migration = {
  up: async (database: Kysely<unknown>): Promise<void> => {
    for (const statement of TABLES) await sql.raw(statement).execute(database)
  },
}
