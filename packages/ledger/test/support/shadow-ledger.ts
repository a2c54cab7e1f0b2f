import type { AccountInit, Balances, MoveInit, ResolveInit, TransferInit } from '@shardline/ledger'

interface ShadowAccount {
  readonly init: AccountInit
  readonly balances: { -readonly [Name in keyof Balances]: bigint }
}

interface ShadowTransfer {
  readonly init: TransferInit
  readonly kind: string
  readonly debit: string
  readonly credit: string
  readonly amount: bigint
  readonly userData: string
  readonly expiresAtMs: number
  endedBy: string | undefined
}

interface State {
  readonly accounts: Map<string, ShadowAccount>
  readonly transfers: Map<string, ShadowTransfer>
  readonly failed: Set<string>
}

const TRANSIENT = [
  'debit_account_not_found',
  'credit_account_not_found',
  'pending_transfer_not_found',
  'exceeds_credits',
  'exceeds_debits',
]

/**
 * The rules of the ledger once more, as simply as they can be said: copies of maps instead of undo, milliseconds
 * instead of a clock. What the real one does is compared with this after every step.
 */
export class ShadowLedger {
  #state: State = { accounts: new Map(), transfers: new Map(), failed: new Set() }
  #lastMs = 0

  balances(): ReadonlyMap<string, Balances> {
    return new Map([...this.#state.accounts].map(([id, { balances }]) => [id, { ...balances }]))
  }

  limits(): ReadonlyMap<string, string> {
    return new Map([...this.#state.accounts].map(([id, { init }]) => [id, init.limit ?? 'none']))
  }

  ends(): ReadonlyMap<string, string | undefined> {
    return new Map([...this.#state.transfers].map(([id, { endedBy }]) => [id, endedBy]))
  }

  createAccounts(nowMs: number, inits: readonly AccountInit[]): readonly string[] {
    return this.#write(nowMs, () => this.#chains(inits, (init) => this.#createAccount(init)))
  }

  createTransfers(nowMs: number, inits: readonly TransferInit[]): readonly string[] {
    return this.#write(nowMs, () => this.#chains(inits, (init) => this.#createTransfer(init)))
  }

  sweep(nowMs: number): void {
    this.#write(nowMs, () => [])
  }

  #write(nowMs: number, work: () => readonly string[]): readonly string[] {
    const atMs = Math.max(nowMs, this.#lastMs)
    let isChanged = false
    for (const hold of this.#state.transfers.values()) {
      if (hold.kind !== 'pending' || hold.endedBy !== undefined || hold.expiresAtMs > atMs) continue
      this.#end(hold, 'expire', 0n)
      isChanged = true
    }
    const before = this.#lastMs
    this.#lastMs = atMs
    const statuses = work()
    isChanged ||= statuses.some((status) => status === 'created' || TRANSIENT.includes(status))
    if (!isChanged) this.#lastMs = before
    return statuses
  }

  #chains<Init extends { readonly id: string; readonly isLinked?: boolean }>(
    inits: readonly Init[],
    create: (init: Init) => string,
  ): readonly string[] {
    const statuses: string[] = []
    let chain: Init[] = []
    for (const [index, init] of inits.entries()) {
      chain.push(init)
      if (init.isLinked === true && index < inits.length - 1) continue
      statuses.push(...this.#chain(chain, create))
      chain = []
    }
    return statuses
  }

  #chain<Init extends { readonly id: string; readonly isLinked?: boolean }>(
    chain: readonly Init[],
    create: (init: Init) => string,
  ): readonly string[] {
    const copy = structuredClone(this.#state)
    for (const [index, init] of chain.entries()) {
      const isOpen = index === chain.length - 1 && init.isLinked === true
      const status = isOpen ? 'linked_event_chain_open' : create(init)
      if (status === 'created') continue
      this.#state = copy
      if (TRANSIENT.includes(status)) this.#state.failed.add(init.id)
      return chain.map((_, i) => (i === index ? status : 'linked_event_failed'))
    }
    return chain.map(() => 'created')
  }

  #createAccount(init: AccountInit): string {
    const existing = this.#state.accounts.get(init.id)?.init
    if (existing !== undefined) {
      if (init.ledger !== existing.ledger) return 'exists_with_different_ledger'
      if (init.code !== existing.code) return 'exists_with_different_code'
      if ((init.limit ?? 'none') !== (existing.limit ?? 'none')) return 'exists_with_different_limit'
      return (init.userData ?? '') === (existing.userData ?? '')
        ? 'exists'
        : 'exists_with_different_user_data'
    }
    if (init.ledger === 0) return 'ledger_must_not_be_zero'
    if (init.code === 0) return 'code_must_not_be_zero'
    const balances = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n }
    this.#state.accounts.set(init.id, { init, balances })
    return 'created'
  }

  #createTransfer(init: TransferInit): string {
    if (this.#state.failed.has(init.id)) return 'id_already_failed'
    return init.kind === 'post' || init.kind === 'void' ? this.#resolve(init) : this.#move(init as MoveInit)
  }

  #move(init: MoveInit): string {
    const kind = init.kind ?? 'single'
    const timeoutMs = init.timeoutMs ?? 0
    const existing = this.#state.transfers.get(init.id)
    if (existing !== undefined) return compareMoves(init, existing)
    const debit = this.#state.accounts.get(init.debitAccountId)
    const credit = this.#state.accounts.get(init.creditAccountId)
    const broken = brokenMoveRule(init, debit, credit)
    if (broken !== undefined || debit === undefined || credit === undefined) return broken ?? 'created'
    const exceeded = exceededLimit(init.amount, debit, credit)
    if (exceeded !== undefined) return exceeded
    const part = kind === 'pending' ? 'Pending' : 'Posted'
    debit.balances[`debits${part}`] += init.amount
    credit.balances[`credits${part}`] += init.amount
    this.#state.transfers.set(init.id, {
      init,
      kind,
      debit: init.debitAccountId,
      credit: init.creditAccountId,
      amount: init.amount,
      userData: init.userData ?? '',
      expiresAtMs: timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.#lastMs + timeoutMs,
      endedBy: undefined,
    })
    return 'created'
  }

  #resolve(init: ResolveInit): string {
    const hold = this.#state.transfers.get(init.pendingId)
    const existing = this.#state.transfers.get(init.id)
    if (existing !== undefined) return compareResolves(init, existing, hold)
    if (init.pendingId === init.id) return 'pending_id_must_be_different'
    if (init.kind === 'void' && init.amount !== undefined) return 'amount_reserved_for_post'
    if (hold === undefined) return 'pending_transfer_not_found'
    const amount = init.amount ?? hold.amount
    const broken = first([
      [hold.kind !== 'pending', 'pending_transfer_not_pending'],
      [amount > hold.amount, 'exceeds_pending_transfer_amount'],
      [hold.endedBy === 'post', 'pending_transfer_already_posted'],
      [hold.endedBy === 'void', 'pending_transfer_already_voided'],
      [hold.endedBy === 'expire', 'pending_transfer_expired'],
    ])
    if (broken !== undefined) return broken
    this.#end(hold, init.kind, init.kind === 'post' ? amount : 0n)
    const { debit, credit } = hold
    const userData = init.userData ?? hold.userData
    const expiresAtMs = Number.POSITIVE_INFINITY
    const { kind } = init
    this.#state.transfers.set(init.id, {
      init,
      kind,
      debit,
      credit,
      amount,
      userData,
      expiresAtMs,
      endedBy: undefined,
    })
    return 'created'
  }

  #end(hold: ShadowTransfer, end: string, posted: bigint): void {
    const debit = this.#state.accounts.get(hold.debit)
    const credit = this.#state.accounts.get(hold.credit)
    if (debit === undefined || credit === undefined) throw new Error('a hold without accounts')
    debit.balances.debitsPending -= hold.amount
    debit.balances.debitsPosted += posted
    credit.balances.creditsPending -= hold.amount
    credit.balances.creditsPosted += posted
    hold.endedBy = end
  }
}

/** The first status whose rule is broken. */
function first(rules: readonly (readonly [isBroken: boolean, status: string])[]): string | undefined {
  return rules.find(([isBroken]) => isBroken)?.[1]
}

function compareMoves(init: MoveInit, existing: ShadowTransfer): string {
  const old = existing.init as MoveInit
  const different = first([
    [existing.kind !== (init.kind ?? 'single'), 'kind'],
    [(old.timeoutMs ?? 0) !== (init.timeoutMs ?? 0), 'timeout'],
    [old.debitAccountId !== init.debitAccountId, 'debit_account_id'],
    [old.creditAccountId !== init.creditAccountId, 'credit_account_id'],
    [old.amount !== init.amount, 'amount'],
    [(old.userData ?? '') !== (init.userData ?? ''), 'user_data'],
    [old.ledger !== init.ledger, 'ledger'],
    [old.code !== init.code, 'code'],
  ])
  return different === undefined ? 'exists' : `exists_with_different_${different}`
}

function compareResolves(
  init: ResolveInit,
  existing: ShadowTransfer,
  hold: ShadowTransfer | undefined,
): string {
  const different = first([
    [existing.kind !== init.kind, 'kind'],
    [(existing.init as ResolveInit).pendingId !== init.pendingId, 'pending_id'],
    [existing.amount !== (init.amount ?? hold?.amount), 'amount'],
    [existing.userData !== (init.userData ?? hold?.userData), 'user_data'],
  ])
  return different === undefined ? 'exists' : `exists_with_different_${different}`
}

function exceededLimit(amount: bigint, debit: ShadowAccount, credit: ShadowAccount): string | undefined {
  const spent = debit.balances.debitsPending + debit.balances.debitsPosted + amount
  const got = credit.balances.creditsPending + credit.balances.creditsPosted + amount
  const isSpent =
    debit.init.limit === 'debits_must_not_exceed_credits' && spent > debit.balances.creditsPosted
  const isGot = credit.init.limit === 'credits_must_not_exceed_debits' && got > credit.balances.debitsPosted
  return first([
    [isSpent, 'exceeds_credits'],
    [isGot, 'exceeds_debits'],
  ])
}

function brokenMoveRule(
  init: MoveInit,
  debit: ShadowAccount | undefined,
  credit: ShadowAccount | undefined,
): string | undefined {
  return first([
    [(init.debitAccountId as string) === init.creditAccountId, 'accounts_must_be_different'],
    [init.amount === 0n, 'amount_must_not_be_zero'],
    [init.ledger === 0, 'ledger_must_not_be_zero'],
    [init.code === 0, 'code_must_not_be_zero'],
    [init.kind !== 'pending' && (init.timeoutMs ?? 0) > 0, 'timeout_reserved_for_pending'],
    [debit === undefined, 'debit_account_not_found'],
    [credit === undefined, 'credit_account_not_found'],
    [debit?.init.ledger !== credit?.init.ledger, 'accounts_must_have_the_same_ledger'],
    [debit?.init.ledger !== init.ledger, 'transfer_must_have_the_same_ledger_as_accounts'],
  ])
}
