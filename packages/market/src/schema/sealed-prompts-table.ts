/** `market.sealed_prompts`: ciphertext for a driver; deleted when its request ends. */
export interface SealedPromptsTable {
  readonly request: string
  readonly sealed: Uint8Array
}
