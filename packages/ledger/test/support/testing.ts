/** Databases for tests of packages that use the ledger. */
export * from './pglite-template.ts'
export * from './postgres-server.ts'
