import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const INSERT_ONLY = ['accounts', 'transfers', 'failures', 'log_entries', 'log_nodes', 'checkpoints'] as const

const TABLES = [
  `create table ledger.accounts (
    id uuid primary key,
    log_index bigint not null unique,
    ledger integer not null check (ledger > 0),
    code integer not null check (code between 1 and 65535),
    balance_limit smallint not null check (balance_limit between 0 and 2),
    user_data text not null,
    timestamp_ns bigint not null
  )`,
  // Room in each page lets an update stay on it and leave the indexes alone.
  `create table ledger.balances (
    account_id uuid primary key references ledger.accounts (id),
    debits_pending bigint not null check (debits_pending >= 0),
    debits_posted bigint not null check (debits_posted >= 0),
    credits_pending bigint not null check (credits_pending >= 0),
    credits_posted bigint not null check (credits_posted >= 0)
  ) with (fillfactor = 50)`,
  `create table ledger.transfers (
    id uuid primary key,
    log_index bigint not null unique,
    kind smallint not null check (kind between 1 and 5),
    debit_account_id uuid not null,
    credit_account_id uuid not null check (credit_account_id <> debit_account_id),
    amount bigint not null check (amount >= 0),
    ledger integer not null,
    code integer not null,
    pending_id uuid check ((pending_id is not null) = (kind >= 3)),
    timeout_ms bigint not null check (timeout_ms >= 0),
    user_data text not null,
    timestamp_ns bigint not null
  )`,
  'create index transfers_by_debit_account on ledger.transfers (debit_account_id, log_index)',
  'create index transfers_by_credit_account on ledger.transfers (credit_account_id, log_index)',
  `create index transfers_by_user_data on ledger.transfers (user_data, log_index) where user_data <> ''`,
  // A hold ends once: the database itself holds to it.
  'create unique index transfers_end_a_hold_once on ledger.transfers (pending_id) where pending_id is not null',
  'create table ledger.open_holds (transfer_id uuid primary key, expires_at_ns bigint)',
  'create index open_holds_by_expiry on ledger.open_holds (expires_at_ns) where expires_at_ns is not null',
  `create table ledger.failures (
    id uuid primary key,
    log_index bigint not null unique,
    status smallint not null,
    timestamp_ns bigint not null
  )`,
  `create table ledger.log_entries (
    log_index bigint primary key,
    entry_type smallint not null check (entry_type between 1 and 3),
    entry_id uuid not null,
    leaf_hash bytea not null check (length(leaf_hash) = 32)
  )`,
  `create table ledger.log_nodes (
    height smallint not null,
    node_index bigint not null,
    hash bytea not null check (length(hash) = 32),
    primary key (height, node_index)
  )`,
  'create table ledger.checkpoints (size bigint primary key, note text not null)',
  `create table ledger.state (
    id smallint primary key check (id = 1),
    log_size bigint not null,
    log_peaks bytea not null,
    last_timestamp_ns bigint not null
  ) with (fillfactor = 10)`,
  `insert into ledger.state values (1, 0, '\\x', 0)`,
  `create function ledger.refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% of ledger.% is refused: what is in the ledger stays as it is', tg_op, tg_table_name
        using errcode = 'restrict_violation';
    end
  $$`,
] as const

/** The first tables, and the triggers that keep what was written as it is. */
export const firstTables: Migration = {
  up: async (database: Kysely<unknown>): Promise<void> => {
    for (const statement of TABLES) await sql.raw(statement).execute(database)
    for (const table of INSERT_ONLY) {
      await sql
        .raw(
          `create trigger ${table}_stay before update or delete or truncate on ledger.${table}
           for each statement execute function ledger.refuse_change()`,
        )
        .execute(database)
    }
  },
}
