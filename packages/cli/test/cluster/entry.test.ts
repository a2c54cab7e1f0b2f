import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { findRoleEntry } from '../../src/cluster/entry.ts'

const MIB = 2 ** 20

/** How many bytes of young objects a role's process may have at the most; fractions are V8's. */
async function youngBytesMax(command: string): Promise<number> {
  const bounds = findRoleEntry(command).nodeArguments.filter((argument) => argument.startsWith('--max-semi'))
  // Objects that all live let the space grow to its end.
  const script = `
    const v8 = require('node:v8')
    const young = () => v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size
    const lives = []
    let most = 0
    for (let i = 0; i < 4e6; i++) {
      lives.push({ i })
      if (i % 1e4 === 0) most = Math.max(most, young())
    }
    console.log(most)`
  const { stdout } = await promisify(execFile)(process.execPath, [...bounds, '-e', script])
  return Number(stdout)
}

t.test('drivers have more room for young objects than Node gives, stages have less', async (t) => {
  const market = await youngBytesMax('market')
  const driver = await youngBytesMax('driver')
  const worker = await youngBytesMax('worker')
  const validator = await youngBytesMax('validator')
  t.comment(JSON.stringify({ market, driver, worker, validator }))
  t.ok(driver > market && market > worker)
  t.ok(driver > 64 * MIB)
  t.equal(validator, worker)
})
