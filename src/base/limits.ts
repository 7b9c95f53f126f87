// All bounds of the system, each with its unit and the reason for the value. A bound that is
// reached drops or refuses by name and counts; nothing grows without one.

/** Largest Ethernet frame: a 64 KB IP packet (GSO super-frame), Ethernet header, two VLAN tags. */
export const FRAME_BYTES_MAX = 65_535 + 14 + 8
/** Ethernet header: shorter is malformed (padding to 60 is the wire's affair, not ours). */
export const FRAME_BYTES_MIN = 14
/** A frame may pass this many daemons after the first: host, proxy, host, and one to spare. */
export const HOP_LIMIT = 4
/** Fits a full MAC announcement of MAC_TABLE_MAX / 4 in chunks; small beside a bulk batch. */
export const CONTROL_MESSAGE_BYTES_MAX = 65_536
/** A peer without certificate (join) needs a token, a CSR and no more. */
export const JOIN_MESSAGE_BYTES_MAX = 16_384
/** Control bytes queued on a link: a peer that reads nothing must not cost memory. */
export const CONTROL_QUEUE_BYTES_MAX = 4 * 1_048_576
/** Frames queued before a link's socket: short, because a standing queue is latency. */
export const LINK_QUEUE_BYTES_MAX = 1_048_576
/** Learned and announced MACs in one plane. */
export const MAC_TABLE_MAX = 131_072
/** Counted (source, destination) pairs between two drains. */
export const PAIR_TABLE_MAX = 262_144
export const RULE_TABLE_MAX = 131_072
/** A MAC that moves this often within 10 s is flapping and stays where it is for 10 s. */
export const MAC_FLAP_MOVES_MAX = 5
/** Handshakes in progress at once; the oldest gives way (slow-loris). */
export const HANDSHAKES_MAX = 128
export const HANDSHAKE_TIMEOUT_MS = 5_000
/** Design section 3: a dead peer is noticed within 3 s. */
export const DEAD_PEER_MS = 2_500
export const KEEPALIVE_INTERVAL_MS = 700
/** An end that is pinged so often only pings for the round-trip time. */
export const PINGED_KEEPALIVE_MS = 2_800
/** Broadcast, multicast and unknown frames of a port a second (design section 2.3). */
export const STORM_LIMIT_FRAMES_PER_SECOND = 2_000
/**
 * A fast path on which a ping is not answered for this long and two round trips is stalled: its
 * frames take the star. Above what the other end may be late on a busy machine, and short enough
 * for payload to be back within a second.
 */
export const STALLED_MS = 600
/** From one ping to the next while a fast path carries frames, or is stalled. */
export const STALL_PING_MS = 150
/** A stalled path that answers steadily for this long carries again. */
export const RESUMED_MS = 1_000
/** A link that may use only UDP closes after this long without a datagram that passes. */
export const UDP_REQUIRED_MS = 3_000
/**
 * Round trip from which a path is long: frames are faster in datagrams (`auto`). Below it what TCP
 * loses is repaired before it is missed, and a TLS connection costs a third less processor time.
 */
export const DATAGRAMS_FROM_RTT_US = 2_000
export const PORTS_MAX = 1_024
export const LINKS_MAX = 4_096
