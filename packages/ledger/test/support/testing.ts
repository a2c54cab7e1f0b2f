/** Databases, and ways to tamper with them, for tests of packages that use the ledger. */
export * from './faulty-pool.ts'
export * from './full-disk.ts'
export * from './pglite-template.ts'
export * from './postgres-server.ts'
export * from './tampering.ts'
