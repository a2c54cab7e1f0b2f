import { describeMarketApi } from '@shardline/market'
import { format, resolveConfig } from 'prettier'
import { fileURLToPath } from 'node:url'
import { renderApiPage } from './render-api-page.ts'
import { renderSettingsPage } from './render-settings-page.ts'

/** A page that is made from the sources. */
export interface Page {
  readonly path: string
  readonly text: string
}

/** All pages that are made from the sources, formatted as the repository has them. */
export async function makePages(): Promise<readonly Page[]> {
  const drafts = [
    { name: 'market-api.md', text: renderApiPage(await describeMarketApi()) },
    { name: 'market-settings.md', text: renderSettingsPage() },
  ]
  return Promise.all(
    drafts.map(async ({ name, text }) => {
      const path = fileURLToPath(new URL(`../../../../docs/reference/${name}`, import.meta.url))
      const config = await resolveConfig(path)
      return { path, text: await format(text, { ...config, parser: 'markdown' }) }
    }),
  )
}
