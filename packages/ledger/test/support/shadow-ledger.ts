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
    const existing = this.#state.transfers.get(init.id)
    if (existing !== undefined) {
      if (existing.kind !== kind) return 'exists_with_different_kind'
      const old = existing.init as MoveInit
      if ((old.timeoutMs ?? 0) !== (init.timeoutMs ?? 0)) return 'exists_with_different_timeout'
      if (old.debitAccountId !== init.debitAccountId) return 'exists_with_different_debit_account_id'
      if (old.creditAccountId !== init.creditAccountId) return 'exists_with_different_credit_account_id'
      if (old.amount !== init.amount) return 'exists_with_different_amount'
      if ((old.userData ?? '') !== (init.userData ?? '')) return 'exists_with_different_user_data'
      if (old.ledger !== init.ledger) return 'exists_with_different_ledger'
      return old.code === init.code ? 'exists' : 'exists_with_different_code'
    }
    if ((init.debitAccountId as string) === init.creditAccountId) return 'accounts_must_be_different'
    if (init.amount === 0n) return 'amount_must_not_be_zero'
    if (init.ledger === 0) return 'ledger_must_not_be_zero'
    if (init.code === 0) return 'code_must_not_be_zero'
    if (kind === 'single' && (init.timeoutMs ?? 0) > 0) return 'timeout_reserved_for_pending'
    const debit = this.#state.accounts.get(init.debitAccountId)
    const credit = this.#state.accounts.get(init.creditAccountId)
    if (debit === undefined) return 'debit_account_not_found'
    if (credit === undefined) return 'credit_account_not_found'
    if (debit.init.ledger !== credit.init.ledger) return 'accounts_must_have_the_same_ledger'
    if (debit.init.ledger !== init.ledger) return 'transfer_must_have_the_same_ledger_as_accounts'
    const spent = debit.balances.debitsPending + debit.balances.debitsPosted + init.amount
    const got = credit.balances.creditsPending + credit.balances.creditsPosted + init.amount
    if (debit.init.limit === 'debits_must_not_exceed_credits' && spent > debit.balances.creditsPosted) {
      return 'exceeds_credits'
    }
    if (credit.init.limit === 'credits_must_not_exceed_debits' && got > credit.balances.debitsPosted) {
      return 'exceeds_debits'
    }
    const part = kind === 'pending' ? 'Pending' : 'Posted'
    debit.balances[`debits${part}`] += init.amount
    credit.balances[`credits${part}`] += init.amount
    const timeoutMs = init.timeoutMs ?? 0
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
    if (existing !== undefined) {
      if (existing.kind !== init.kind) return 'exists_with_different_kind'
      const old = existing.init as ResolveInit
      if (old.pendingId !== init.pendingId) return 'exists_with_different_pending_id'
      if (existing.amount !== (init.amount ?? hold?.amount)) return 'exists_with_different_amount'
      return existing.userData === (init.userData ?? hold?.userData)
        ? 'exists'
        : 'exists_with_different_user_data'
    }
    if (init.pendingId === init.id) return 'pending_id_must_be_different'
    if (init.kind === 'void' && init.amount !== undefined) return 'amount_reserved_for_post'
    if (hold === undefined) return 'pending_transfer_not_found'
    if (hold.kind !== 'pending') return 'pending_transfer_not_pending'
    const amount = init.amount ?? hold.amount
    if (amount > hold.amount) return 'exceeds_pending_transfer_amount'
    if (hold.endedBy === 'post') return 'pending_transfer_already_posted'
    if (hold.endedBy === 'void') return 'pending_transfer_already_voided'
    if (hold.endedBy === 'expire') return 'pending_transfer_expired'
    this.#end(hold, init.kind, init.kind === 'post' ? amount : 0n)
    this.#state.transfers.set(init.id, {
      init,
      kind: init.kind,
      debit: hold.debit,
      credit: hold.credit,
      amount,
      userData: init.userData ?? hold.userData,
      expiresAtMs: Number.POSITIVE_INFINITY,
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
