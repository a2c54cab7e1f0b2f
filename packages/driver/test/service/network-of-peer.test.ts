import t from 'tap'
import { networkOfPeer } from '../../src/service/network-of-peer.ts'

t.test('peers of one address are of one network, whatever their ports', async (t) => {
  t.equal(networkOfPeer('10.0.0.7:51820'), networkOfPeer('10.0.0.7:443'))
  t.not(networkOfPeer('10.0.0.7:51820'), networkOfPeer('10.0.0.8:51820'))
  t.equal(networkOfPeer('::ffff:10.0.0.7:51820'), networkOfPeer('10.0.0.7:1'))
  t.equal(networkOfPeer('ws://10.0.0.7:7101'), networkOfPeer('10.0.0.7:1'))
})

t.test('an IPv6 network of 64 bits is one holder', async (t) => {
  t.equal(networkOfPeer('2001:db8:1:2::1:51820'), networkOfPeer('2001:db8:1:2:aaaa::9:443'))
  t.not(networkOfPeer('2001:db8:1:2::1:51820'), networkOfPeer('2001:db8:1:3::1:51820'))
  t.equal(networkOfPeer('ws://[2001:db8:1:2::5]:1'), networkOfPeer('2001:db8:1:2::1:1'))
})

t.test('an address without a host is for itself', async (t) => {
  t.equal(networkOfPeer('memory:a#1'), 'memory:a#1')
  t.not(networkOfPeer('memory:5'), networkOfPeer('memory:6'))
})
