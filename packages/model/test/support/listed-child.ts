import { SeededRandom, silentLog, systemClock } from '@shardline/core'
import { ListedFiles } from '../../src/source/listed-files.ts'
import { openLocalFiles } from '../../src/source/local-files.ts'
import { slowFilePeer } from './slow-file-peer.ts'

/** Fetches all blocks of a file, one after the other, from a slow peer. */
async function main(path = '', cacheFolder = ''): Promise<void> {
  await using own = await openLocalFiles({
    reference: path,
    path,
    wanted: undefined,
    cacheFolder: `${cacheFolder}-own`,
  })
  const [name = ''] = own.names
  const file = await own.share(name)
  if (file === undefined) throw new Error('the file is not whole')
  await using files = new ListedFiles({
    clock: systemClock,
    random: new SeededRandom(1),
    log: silentLog,
    reference: 'example/model',
    files: [file.listed],
    cacheFolder,
    requestsMax: 1,
  })
  files.crew.add(slowFilePeer(file, { pauseMs: 20, blocksMax: 12 }))
  await (await files.open(name)).read(0, file.listed.sizeBytes)
}

await main(...process.argv.slice(2))
