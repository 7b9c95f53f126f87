// What may be wrong with a running daemon: ports, loops, storms, growing drops, clocks, the way to
// peers. Views of the plane in, checks out; the same at hosts and at the proxy.

import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { UDP_REQUIRED_MS } from '../base/limits.ts'
import type { Check } from '../control/api.ts'
import type { LinkInfo, Plane, PortInfo } from '../plane/plane.ts'
import type { DaemonRole } from '../trust/name.ts'
import { failed, ok, warning } from './doctor.ts'
import { ping } from './echo.ts'
import type { Peer } from './peer.ts'
import { dropRows } from './views.ts'

/** Drops are compared over this time. */
const WATCH_MS = 1_000
/** Certificates and tokens allow for an hour; people comparing logs for less. */
const SKEW_WARNING_MS = 5_000
const SKEW_FAILED_MS = 3_600_000
/** Larger than any usual MTU: one full segment and a rest. */
const FULL_SIZE_BYTES = 1_500

/** What each kind of drop calls for. */
const DROP_ADVICE: Readonly<Record<string, string>> = {
  'queue-full': 'the link is slower than the traffic: see `vnet top` for who sends',
  storm:
    'too many broadcasts: look for a loop or a broken guest; raise limits.stormFramesPerSecond',
  spoofed: 'a guest sends with a MAC that is pinned elsewhere: see `vnet pin list` and `vnet macs`',
  malformed: 'a device or a guest sends broken frames: `vnet capture` shows them',
  'hop-limit': 'transit rules send frames in a circle: see `vnet rules`',
  'no-route': 'no way for unknown destinations: is the star link up?',
  'too-big': "a guest's MTU is larger than the overlay or its device can take",
  loop: 'two ports are bridged together outside of the overlay',
  'port-write': 'a device does not take frames: is the guest running, the interface up?',
  'table-full': 'more MAC addresses or pairs than the tables hold',
  'datagram-lost': 'the path of a UDP fast path loses packets: see `vnet links`',
  'datagram-rejected': 'forged or replayed datagrams arrive at the UDP port: let a firewall help',
}

/** Checks of the plane; takes WATCH_MS. */
export async function checkPlane(
  plane: Plane,
  clock: Clock,
  role: DaemonRole,
): Promise<readonly Check[]> {
  const before = new Map(dropRows(plane).map((row) => [`${row.where} ${row.reason}`, row.count]))
  await new Promise<void>((resolve) => {
    clock.after(WATCH_MS, resolve)
  })
  const growing = dropRows(plane)
    .filter((row) => row.where !== 'total')
    .map((row) => ({ ...row, grown: row.count - (before.get(`${row.where} ${row.reason}`) ?? 0) }))
    .filter((row) => row.grown > 0)
  const drops =
    growing.length === 0
      ? [ok('drops', 'none within the last second')]
      : growing.map(({ where, reason, grown }) => {
          const advice = DROP_ADVICE[reason] ?? 'see `vnet drops`'
          return warning('drops', `${where}: ${grown} frames/s dropped as ${reason}`, advice)
        })
  const transports = checkTransports(plane.links(), clock.wallMs())
  const lost = checkEvents(plane.lostEvents())
  return [...checkPorts(plane.ports(), role), ...transports, ...drops, lost]
}

/** A fast path that might go by UDP and does not works all the same: a note, no warning. Pure. */
export function checkTransports(links: readonly LinkInfo[], nowMs: number): readonly Check[] {
  return links.flatMap(({ peer, state, sinceMs, transportReason, datagram, ...link }) => {
    if (state !== 'admitted' || datagram === null) return []
    const name = `transport to ${peer ?? 'a peer'}`
    const udp = `UDP, datagrams of up to ${datagram.datagramBytes}`
    if (transportReason === 'required') return [ok(name, udp)]
    if (transportReason === 'long-path') return [ok(name, `${udp}: the path is long`)]
    if (transportReason === 'lossy-path') return [ok(name, `${udp}: the path loses packets`)]
    if (transportReason === 'short-path') {
      return [ok(name, 'TLS over TCP: the path is short, where it is the faster one')]
    }
    if (transportReason === 'measuring') return []
    if (datagram.state === 'probing' && nowMs - sinceMs < UDP_REQUIRED_MS) return []
    const found = 'TLS over TCP: UDP does not pass'
    const way =
      link.direction === 'dialled'
        ? `through to ${link.remoteAddress} port ${link.remotePort}`
        : `in from ${link.remoteAddress} on the port of listen`
    const advice = `faster on lossy paths if firewalls let UDP ${way}; or say transport: tcp`
    return [{ ...ok(name, found), advice }]
  })
}

/** Did the daemon hear of everything that its data plane told? Pure. */
export function checkEvents(lost: number): Check {
  if (lost === 0) return ok('events', 'all events of the data plane were heard')
  const found = `${lost} events of the data plane were lost: the daemon was too busy`
  const advice = 'places of MACs may be out of date for a while; if it grows, look for a storm'
  return warning('events', found, advice)
}

/** Ports up, not looped. Pure. */
export function checkPorts(ports: readonly PortInfo[], role: DaemonRole): readonly Check[] {
  if (ports.length === 0 && role === 'proxy') {
    return [ok('ports', 'none: this proxy is a hub, and bridges no LAN')]
  }
  if (ports.length === 0) {
    const advice = 'add ports to the configuration and reload, if guests are to be here'
    return [warning('ports', 'there are none', advice)]
  }
  return ports.map((port) => {
    const name = `port ${port.name}`
    if (port.state === 'blocked-loop') {
      const other = port.loopWith ?? 'another port'
      const found = `blocked: ports '${port.name}' and '${other}' are connected outside of VNET`
      return failed(name, found, `take one of '${port.name}' and '${other}' off their bridge`)
    }
    if (port.state === 'down') {
      const advice = '`vnet reload` opens it again, once it is there'
      return warning(name, `device ${port.device ?? ''} is gone`, advice)
    }
    return ok(name, `${port.device ?? port.kind} is up, MTU ${port.mtu}`)
  })
}

/** The clocks of both ends, as of the Hello. Pure. */
export function checkSkew(peer: Pick<Peer, 'name' | 'clockOffsetMs'>): Check {
  const name = `clock against ${peer.name}`
  const seconds = (Math.abs(peer.clockOffsetMs) / 1_000).toFixed(1)
  const found = `${seconds} s ${peer.clockOffsetMs > 0 ? 'behind' : 'ahead'}`
  const advice = 'set the clock: timedatectl set-ntp true'
  if (Math.abs(peer.clockOffsetMs) >= SKEW_FAILED_MS) return failed(name, found, advice)
  if (Math.abs(peer.clockOffsetMs) >= SKEW_WARNING_MS) return warning(name, found, advice)
  return ok(name, `within ${seconds} s`)
}

/** Do full-size packets pass on the link? A broken path MTU lets only small ones through. */
export async function checkFullSize(
  peer: Peer,
  { clock, from }: { readonly clock: Clock; readonly from: string },
): Promise<Check> {
  const name = `full-size packets to ${peer.name}`
  const request = { host: peer.name, sequence: 0, payloadBytes: FULL_SIZE_BYTES }
  try {
    const { rttMs } = await ping(request, { clock, from, peer })
    return ok(name, `answered after ${rttMs.toFixed(1)} ms`)
  } catch (error) {
    const advice = 'a path that loses large packets: let ICMP pass, or lower the MTU of the uplink'
    return failed(name, messageOf(error), advice)
  }
}
