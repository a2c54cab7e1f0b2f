/** Nodes that may be enlisted with a driver at the same time. */
export const ENLISTED_NODES_MAX = 64

/** The same from one network: an IPv4 address, or the first 64 bits of an IPv6 one. Through a relay, it is the one that the relay names. */
export const ENLISTED_NODES_PER_NETWORK_MAX = 16

/** Longest time in which a node says what it wants at a driver's door, in milliseconds. */
export const ENLIST_SAY_MS_MAX = 10_000
