import { partyId } from '@shardline/identity'
import { transferId } from '@shardline/ledger'
import type { App, HttpContext } from '../app.ts'
import { signerOf } from '../authenticate.ts'
import { readWhole } from '../read-value.ts'
import { balanceShape } from '../shapes/money-shapes.ts'
import { partyIdText, positiveText, transferIdText } from '../shapes/parts.ts'
import { record } from '../shapes/shape.ts'
import { toJson } from '../shapes/to-json.ts'

const TAGS = ['money']

/** Adds deposits and balances. */
export function addMoneyRoutes(app: App, { market }: HttpContext): void {
  app.post(
    '/v1/deposits',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'deposit',
        summary: 'Give credits to a party, once per id. Operators only.',
        tags: TAGS,
        body: record({ id: transferIdText, party: partyIdText, amount: positiveText }),
        response: { 200: balanceShape },
      },
    },
    async (request) => {
      const { id, party, amount } = request.body
      const balance = await market.deposit(signerOf(request), {
        id: transferId(id),
        party: partyId(party),
        amount: readWhole('amount', amount),
      })
      return toJson(balance)
    },
  )
  app.get(
    '/v1/balance',
    {
      config: { access: 'signed' },
      schema: {
        operationId: 'getBalance',
        summary: 'What the signer has.',
        tags: TAGS,
        response: { 200: balanceShape },
      },
    },
    async (request) => toJson(await market.balance(signerOf(request))),
  )
}
