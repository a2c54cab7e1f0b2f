// Pulls a model: started by the test that kills it in the middle.
import { pullReference } from '../../src/source/pull-reference.ts'

const [hubEndpoint = '', cacheFolder = '', blockBytes = ''] = process.argv.slice(2)
await pullReference('org/model', {
  hubEndpoint,
  cacheFolder,
  blockBytes: Number(blockBytes),
  rangeBytesMax: 4 * Number(blockBytes),
})
