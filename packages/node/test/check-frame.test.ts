import t from 'tap'
import { checkFrame } from '../src/check-frame.ts'
import { frame } from './fixtures/frames.ts'
import { TOY_WIDTH } from './fixtures/toy-work.ts'

const sound = frame({ rows: [{ session: 'a', position: 0, values: [1, 2] }] })

t.test('passes a frame whose parts fit together', async (t) => {
  t.equal(checkFrame(sound, TOY_WIDTH), undefined)
  t.equal(checkFrame(frame({ close: ['a'] }), TOY_WIDTH), undefined)
})

t.test('refuses another width, missing or spare numbers, and positions that are none', async (t) => {
  const segment = sound.segments[0]!
  for (const bad of [
    { ...sound, hiddenSize: TOY_WIDTH + 1 },
    { ...sound, payload: sound.payload.subarray(1) },
    { ...sound, segments: [{ ...segment, rows: 1 }] },
    { ...sound, segments: [{ ...segment, rows: 0 }], payload: new Float32Array(0) },
    { ...sound, segments: [{ ...segment, rows: Number.NaN }] },
    {
      ...sound,
      segments: [
        { ...segment, rows: 0.5 },
        { ...segment, rows: 1.5 },
      ],
    },
    { ...sound, segments: [{ ...segment, position: -1 }] },
    { ...sound, segments: [{ ...segment, position: 1.5 }] },
  ]) {
    t.equal(checkFrame(bad, TOY_WIDTH)?.code, 'NODE_FRAME_INVALID')
  }
})
