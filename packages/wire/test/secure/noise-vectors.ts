/** One conversation with all its keys, as published by others. All bytes in hexadecimal. */
export interface NoiseVector {
  readonly source: string
  readonly prologue: string
  readonly dialing: { readonly staticKey: string; readonly ephemeralKey: string }
  readonly accepting: { readonly staticKey: string; readonly ephemeralKey: string }
  /** Undefined where the source gives none. */
  readonly handshakeHash: string | undefined
  /** Who sends the first message after the handshake; from there on both in turn. */
  readonly firstAfter: 'dialing' | 'accepting'
  /** The first three are the handshake. */
  readonly messages: readonly (readonly [payload: string, sent: string])[]
}

/** Published vectors of Noise_XX_25519_AESGCM_SHA256. */
export const NOISE_VECTORS: readonly NoiseVector[] = [
  {
    source: 'cacophony (Haskell), with a prologue and payloads',
    firstAfter: 'accepting',
    prologue: '4a6f686e2047616c74',
    dialing: {
      staticKey: 'e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1',
      ephemeralKey: '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
    },
    accepting: {
      staticKey: '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893',
      ephemeralKey: 'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b',
    },
    handshakeHash: '1b7aefb1125762aa21a252890d00af54519638b76437444538f9a52f21e2e0dc',
    messages: [
      [
        '4c756477696720766f6e204d69736573',
        'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573',
      ],
      [
        '4d757272617920526f746862617264',
        '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843757117acceb05bd7a45733bc22015c97a9d0cbaf41b80446d5988ff5127235d76b79eade70f473d6a4ef521fdcbeda5340d01e028ba793fc059f2724a83af05f12dda0448a7621a926b379a92477fd',
      ],
      [
        '462e20412e20486179656b',
        'c90f1cf77eba4e50edb038991565e36c9758943a989229b6051244dc4fbecb6946744b401af2ee1a5881b65fbb87fd07cb6a328ececc9ce6ce84c399dc332d4fd521fa4bb7f467ce909395',
      ],
      ['4361726c204d656e676572', 'bc3fa77f6aca3e8466d7dc6bea10013e88a6a29add5132b461806c'],
      [
        '4a65616e2d426170746973746520536179',
        '250b01074cdfe0df2ecf8ccbf1737b15a2ddb5b52fd9a396604e9c793cee3b3bb9',
      ],
      [
        '457567656e2042f6686d20766f6e2042617765726b',
        '449d4d433b3cdc3d02bf6fc881774b9df54366ebcffb9689bb13f14709822cd7ef42bcdb4d',
      ],
    ],
  },
  {
    source: 'noise (Go), without prologue and handshake payloads',
    firstAfter: 'dialing',
    prologue: '',
    dialing: {
      staticKey: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      ephemeralKey: '202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f',
    },
    accepting: {
      staticKey: '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20',
      ephemeralKey: '4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60',
    },
    handshakeHash: undefined,
    messages: [
      ['', '358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254'],
      [
        '',
        '64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d484665393019dbd6f438795da206db0886610b26108e424142c2e9b5fd1f7ea70cde8767ce62d7e3c0e9bcefe4ab872c0505b9e824df091b74ffe10a2b32809cab21f',
      ],
      [
        '',
        'e610eadc4b00c17708bf223f29a66f02342fbedf6c0044736544b9271821ae40e70144cecd9d265dffdc5bb8e051c3f83db32a425e04d8f510c58a43325fbc56',
      ],
      ['79656c6c6f777375626d6172696e65', '9ea1da1ec3bfecfffab213e537ed1791bfa887dd9c631351b3f63d6315ab9a'],
      ['7375626d6172696e6579656c6c6f77', '217c5111fad7afde33bd28abaff3def88a57ab50515115d23a10f28621f842'],
    ],
  },
]
