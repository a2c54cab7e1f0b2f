import path from 'node:path'
import t from 'tap'
import { readConfig } from '../src/config.ts'
import { ConfigInvalidError } from '../src/errors.ts'

const read = (environment: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') =>
  readConfig({ environment, platform, home: '/home/me' })

t.test('the cache is where the platform keeps caches', async (t) => {
  t.equal(read({}).cacheFolder, path.join('/home/me', '.cache', 'shardline'))
  t.equal(read({ XDG_CACHE_HOME: '/xdg' }).cacheFolder, path.join('/xdg', 'shardline'))
  t.equal(read({}, 'darwin').cacheFolder, path.join('/home/me', 'Library', 'Caches', 'shardline'))
  t.equal(read({ LOCALAPPDATA: '/local' }, 'win32').cacheFolder, path.join('/local', 'shardline'))
  t.equal(read({ SHARDLINE_CACHE: '/mine', XDG_CACHE_HOME: '/xdg' }).cacheFolder, '/mine')
})

t.test('data is where the platform keeps data, and the database in it', async (t) => {
  t.equal(read({}).dataFolder, path.join('/home/me', '.local', 'share', 'shardline'))
  t.equal(read({ XDG_DATA_HOME: '/xdg' }).dataFolder, path.join('/xdg', 'shardline'))
  t.equal(read({}, 'darwin').dataFolder, path.join('/home/me', 'Library', 'Application Support', 'shardline'))
  t.equal(read({ LOCALAPPDATA: '/local' }, 'win32').dataFolder, path.join('/local', 'shardline'))
  t.equal(read({ SHARDLINE_DATA: '/mine', XDG_DATA_HOME: '/xdg' }).dataFolder, '/mine')
  t.equal(read({ SHARDLINE_DATA: '/mine' }).database, path.join('/mine', 'database'))
  t.equal(read({ SHARDLINE_DATABASE: 'postgres://db/market' }).database, 'postgres://db/market')
})

t.test('keys are where the platform keeps settings', async (t) => {
  t.equal(read({}).keyFolder, path.join('/home/me', '.config', 'shardline', 'keys'))
  t.equal(read({ XDG_CONFIG_HOME: '/xdg' }).keyFolder, path.join('/xdg', 'shardline', 'keys'))
  const library = path.join('/home/me', 'Library', 'Application Support', 'shardline', 'keys')
  t.equal(read({}, 'darwin').keyFolder, library)
  t.equal(read({ APPDATA: '/roaming' }, 'win32').keyFolder, path.join('/roaming', 'shardline', 'keys'))
  t.equal(read({ SHARDLINE_KEYS: '/mine', XDG_CONFIG_HOME: '/xdg' }).keyFolder, '/mine')
  t.equal(read({ SHARDLINE_PASSPHRASE: 'secret' }).passphrase, 'secret')
  t.equal(read({ SHARDLINE_PASSPHRASE: '' }).passphrase, undefined)
  t.equal(read({ SHARDLINE_INVITE: 'shardline1x' }).invite, 'shardline1x')
  t.equal(read({ SHARDLINE_INVITE: '' }).invite, undefined)
})

t.test('the hub is what the environment says, and an empty variable says nothing', async (t) => {
  t.same(read({}).hub, { isOffline: false })
  t.same(read({ HF_ENDPOINT: '', HF_TOKEN: '', HF_HUB_OFFLINE: '' }).hub, { isOffline: false })
  t.same(read({ HF_ENDPOINT: 'http://127.0.0.1:80/', HF_TOKEN: 'secret', HF_HUB_OFFLINE: '1' }).hub, {
    hubEndpoint: 'http://127.0.0.1:80',
    hubToken: 'secret',
    isOffline: true,
  })
  t.equal(read({ HF_HUB_OFFLINE: '0' }).hub.isOffline, false)
})

t.test('values that make no sense are refused by name', async (t) => {
  t.throws(() => read({ HF_ENDPOINT: 'ftp://x' }), ConfigInvalidError)
  t.throws(() => read({ HF_ENDPOINT: 'huggingface' }), /HF_ENDPOINT is "huggingface"; allowed is an http/)
  t.throws(() => read({ SHARDLINE_LOG: 'LOUD' }), /SHARDLINE_LOG is "LOUD"; allowed is one of silent/)
})

t.test('colours follow NO_COLOR before FORCE_COLOR', async (t) => {
  t.equal(read({}).colour, 'auto')
  t.equal(read({ FORCE_COLOR: '1' }).colour, 'always')
  t.equal(read({ FORCE_COLOR: '0' }).colour, 'never')
  t.equal(read({ NO_COLOR: '1', FORCE_COLOR: '1' }).colour, 'never')
  t.equal(read({ TERM: 'dumb' }).isDumbTerminal, true)
})
