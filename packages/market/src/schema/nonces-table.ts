/** `market.nonces`: nonces of signed messages that were seen, until their window closes. */
export interface NoncesTable {
  readonly signer: string
  readonly nonce: string
  readonly until_ms: bigint
}
