// Bundles the client for web pages: one ES module, minified, without anything of Node, and the licences of what is in it.
import { build } from 'esbuild'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { repositoryFolder } from './prepare.mjs'

const HELP = `Usage: npm run build:browser [-- --out <folder>]

Writes shardline-client.js and shardline-client.licenses.txt.

  --out <folder>    where to (default: dist)
  --help            this text
`

const args = process.argv.slice(2)
if (args.includes('--help')) {
  process.stdout.write(HELP)
  process.exit(0)
}
const folder = path.resolve(args.includes('--out') ? (args[args.indexOf('--out') + 1] ?? 'dist') : 'dist')
const outfile = path.join(folder, 'shardline-client.js')

const { metafile } = await build({
  absWorkingDir: repositoryFolder,
  entryPoints: ['packages/client/src/browser.ts'],
  outfile,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  // From the sources, so that nothing has to be built before.
  conditions: ['shardline-source'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
})
writeFileSync(path.join(folder, 'shardline-client.licenses.txt'), licensesOf(Object.keys(metafile.inputs)))
const text = readFileSync(outfile)
process.stdout.write(`${outfile}: ${kib(text.length)} KiB, ${kib(gzipSync(text).length)} KiB compressed\n`)

function kib(bytes) {
  return (bytes / 1024).toFixed(0)
}

/** Name, version and licence of each package that files came from. */
function licensesOf(inputs) {
  const names = inputs.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])
  return [...new Set(names)]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => {
      const home = path.join(repositoryFolder, 'node_modules', name)
      const { version, license } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'))
      const file = readdirSync(home).find((entry) => /^licen[cs]e/i.test(entry))
      const terms = file === undefined ? '' : readFileSync(path.join(home, file), 'utf8').trim()
      return `${name} ${version} (${license})\n\n${terms}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}
