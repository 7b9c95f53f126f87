// The one schema of the daemons' YAML file: every key with its type, default, unit, meaning and
// whether a reload (SIGHUP, `vnet reload`) applies it. Everything else of the configuration (the
// check, `explain`, the examples, the diff of two files) is derived from it.

import { z } from 'zod'
import {
  DATAGRAMS_FROM_RTT_US,
  LINKS_MAX,
  MAC_TABLE_MAX,
  PORTS_MAX,
  STORM_LIMIT_FRAMES_PER_SECOND,
} from '../base/limits.ts'
import { isMacAddress, parseMac } from '../base/mac.ts'
import { formatEndpoint, parseEndpoint } from './endpoint.ts'

export type Role = 'proxy' | 'host'

/** What people must know about a key; the type and the default are read off the schema. */
export interface KeyMeta {
  readonly doc: string
  /** Of a number: `s`, `ms`, `frames/s`, `bytes`. */
  readonly unit?: string
  /** True if a reload applies a change to the running daemon. */
  readonly isReloadable: boolean
  /** A value for the generated example where the default says too little. */
  readonly example?: unknown
  /** How the type is called where the schema's own name says too little. */
  readonly type?: string
}

/** Meaning of each key, by its schema. */
export const keyMeta = z.registry<KeyMeta>()

/** The port of everything: control, frames, joining. Not assigned by IANA to anybody. */
export const DEFAULT_PORT = 7707

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

// A copy is registered: two keys may share a type (`name`) but not a meaning.
const key = <T extends z.ZodType>(type: T, meta: KeyMeta): T => {
  const copy = type.clone() as T
  keyMeta.add(copy, meta)
  return copy
}
const live = <T extends z.ZodType>(type: T, doc: string, more: Partial<KeyMeta> = {}): T =>
  key(type, { doc, isReloadable: true, ...more })
const fixed = <T extends z.ZodType>(type: T, doc: string, more: Partial<KeyMeta> = {}): T =>
  key(type, { doc, isReloadable: false, ...more })

const name = z
  .string()
  .regex(NAME, 'must be 1 to 63 of a-z, 0-9 and -, not starting or ending with -')
const device = z
  .string()
  .regex(/^[^\s/:]{1,15}$/, 'must be a network device name of 1 to 15 characters')
const tcpPort = z.number().int().min(0).max(65_535)
const mac = z
  .string()
  .refine(isMacAddress, 'must be a MAC address such as 52:54:00:12:34:56')
  .transform(parseMac)

/** `HOST:PORT`, `[V6]:PORT` or `HOST` (then the default port). */
const endpoint = z
  .string()
  .refine((text) => parseEndpoint(text, DEFAULT_PORT) !== null, 'must be HOST:PORT or [IPv6]:PORT')
  .transform((text) => formatEndpoint(parseEndpoint(text, DEFAULT_PORT) ?? { host: '', port: 0 }))

const portName = () => live(name, 'Name of the port in commands and logs, unique in the daemon.')

const tapPort = z.strictObject({
  name: portName(),
  kind: live(
    z.literal('tap'),
    '`tap`: a TAP device for a guest. `pcap`: an existing interface, captured and injected into.',
  ),
  device: live(device, 'Name of the kernel device; a TAP is created if it does not exist.'),
  netns: live(z.string().startsWith('/').optional(), 'Network namespace holding the device.', {
    example: '/run/netns/guest1',
    type: 'path',
  }),
  mtu: live(z.number().int().min(576).max(65_521).default(1500), 'MTU of the device.', {
    unit: 'bytes',
  }),
  mac: live(mac.optional(), 'MAC address given to the device (default: chosen by the kernel).', {
    example: '52:54:00:12:34:56',
    type: 'MAC address',
  }),
  owner: live(
    z.number().int().min(0).max(4_294_967_294).optional(),
    'User that may open the device without privileges, such as the one that runs QEMU.',
    { example: 1000, unit: 'uid' },
  ),
  persistent: live(
    z.boolean().default(false),
    'Keep the device when the daemon ends, so that a guest on it survives a restart.',
  ),
  offload: live(z.boolean().default(true), 'Super-frames (GSO) with a virtio-net header.'),
})

const pcapPort = z.strictObject({
  name: portName(),
  kind: live(z.literal('pcap'), 'See above.'),
  device: live(device, 'Existing interface; it keeps its addresses and its own traffic.'),
  filter: live(
    z.string().min(1).max(1_000).optional(),
    "Further filter (pcap-filter(7)) beside the overlay's own.",
    { example: 'not port 67' },
  ),
})

const port = z.discriminatedUnion('kind', [tapPort, pcapPort])

const listenObject = (address: string, portNumber: number) => ({
  address: fixed(z.string().min(1).default(address), 'Numeric address; `::` is all of both kinds.'),
  port: fixed(tcpPort.default(portNumber), 'TCP port; 0 takes any free one.'),
})

const log = z.strictObject({
  level: live(
    z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
    'Least severity that is logged.',
  ),
  format: fixed(
    z.enum(['auto', 'json', 'pretty']).default('auto'),
    '`auto` is pretty on a terminal and JSON otherwise.',
  ),
  file: fixed(z.string().min(1).optional(), 'Write to this file instead of standard output.', {
    example: '/var/log/vnet/vnet.log',
    type: 'path',
  }),
})

const limits = z.strictObject({
  stormFramesPerSecond: live(
    z.number().int().min(1).max(10_000_000).default(STORM_LIMIT_FRAMES_PER_SECOND),
    'Broadcast, multicast and unknown frames accepted from each port; more is dropped as `storm`.',
    { unit: 'frames/s' },
  ),
  macAgeSeconds: fixed(
    z.number().int().min(1).max(1_000_000).default(300),
    'A learned MAC address is forgotten after this long without a frame from it.',
    { unit: 's' },
  ),
  fastPaths: live(
    z.number().int().min(0).max(LINKS_MAX).default(64),
    'Fast-path links this daemon holds (a host) or orders in total (the proxy, per host).',
    { unit: 'links' },
  ),
  macs: live(
    z.number().int().min(1).max(MAC_TABLE_MAX).default(8_192),
    'MAC addresses that one host may announce; more are refused and reported.',
    { unit: 'addresses' },
  ),
})

const common = {
  state: fixed(
    z.string().startsWith('/', 'must be an absolute path').default('/var/lib/vnet'),
    'Directory of keys, certificates and, at the proxy, the database; readable by its owner only.',
    { type: 'path' },
  ),
  advertise: fixed(
    z.array(endpoint).max(8).default([]),
    'Where others reach this daemon, best first, if it is not the address it listens on (NAT).',
    { example: ['203.0.113.7:7707'], type: 'list of HOST:PORT' },
  ),
  ports: live(
    z.array(port).max(PORTS_MAX).superRefine(refuseDoubles).default([]),
    'Where frames enter and leave here. A reload adds, removes and replaces; links stay up.',
  ),
  admin: fixed(
    z
      .strictObject({
        socket: fixed(
          z.string().startsWith('/', 'must be an absolute path').max(107).optional(),
          'Unix socket of the admin API, for the `vnet` command (default /run/vnet/NAME.sock).',
          { type: 'path', example: '/run/vnet/NAME.sock' },
        ),
      })
      .prefault({}),
    'The local admin API.',
  ),
  metrics: live(
    z
      .strictObject({
        listen: live(
          endpoint.nullable().default(null),
          'Where Prometheus metrics are served in clear, such as 127.0.0.1:9707; null: nowhere.',
          { type: 'ADDRESS:PORT or null' },
        ),
      })
      .prefault({}),
    'Prometheus metrics.',
  ),
  log: live(log.prefault({}), 'Logging.'),
  limits: live(limits.prefault({}), 'Bounds.'),
  offload: fixed(
    z.boolean().default(true),
    'Offer super-frames (GSO) to other daemons; turn off only to look for a fault.',
  ),
  priority: fixed(
    z.enum(['high', 'normal']).default('high'),
    'Of the threads that move frames; high: before other programs, where CAP_SYS_NICE allows it.',
  ),
  workers: fixed(
    z.number().int().min(1).max(64).nullable().default(null),
    'Threads that move frames; null: one for each core, at least 2 and at most 8.',
    { unit: 'threads' },
  ),
}

const daemonName = fixed(name, 'Name of this daemon in the network; its certificate says the same.')

/** File of `vnet proxy`. */
export const proxySchema = z.strictObject({
  name: daemonName,
  network: fixed(name.default('home'), 'Name of the network, set when the proxy first starts.'),
  listen: fixed(
    z.strictObject(listenObject('::', DEFAULT_PORT)).prefault({}),
    'Where hosts connect to: one TCP port for control, frames and joining.',
  ),
  adaptation: fixed(
    z
      .strictObject({
        level: fixed(
          z.enum(['off', 'recommend', 'auto']).default('auto'),
          '`auto`: fast paths come and go with the traffic of the guests. `recommend`: what ' +
            'would be done is told only. `off`: nothing. In force until `vnet adapt` sets another.',
        ),
      })
      .prefault({}),
    'Adaptation of the network to its traffic.',
  ),
  ...common,
})

/** File of `vnet host`. */
export const hostSchema = z.strictObject({
  name: daemonName,
  proxy: fixed(endpoint, 'The proxy that this host joins and keeps its star link to.', {
    example: 'proxy.example.net:7707',
    type: 'HOST:PORT',
  }),
  listen: fixed(
    z.strictObject(listenObject('::', DEFAULT_PORT)).nullable().default(null),
    'Where other hosts may open fast-path links to; null: this host only dials out.',
  ),
  transport: live(
    z.enum(['auto', 'tcp', 'udp']).default('auto'),
    'How frames travel on fast paths. `auto`: on long paths by UDP, on the same port number, ' +
      'where it passes and the other end allows it, else on the TLS connection, which is faster ' +
      'on short paths. `tcp`: never by UDP. `udp`: only by UDP; where that does not pass, ' +
      'traffic takes the star. The star is always TLS over TCP.',
  ),
  datagramsFromRttMs: live(
    z
      .number()
      .int()
      .min(0)
      .max(60_000)
      .default(DATAGRAMS_FROM_RTT_US / 1_000),
    'With `transport: auto`: a path whose packets take so long there and back carries frames by ' +
      'UDP, one of less than half of it on the TLS connection. 0: by UDP wherever it passes.',
    { unit: 'ms' },
  ),
  ...common,
})

/** The schema of a daemon's file. */
export function schemaOf(role: Role): typeof proxySchema | typeof hostSchema {
  return role === 'proxy' ? proxySchema : hostSchema
}

export type PortConfig = DeepReadonly<z.output<typeof port>>
type Resolved<T extends { admin: unknown }> = Omit<T, 'admin'> & {
  readonly admin: { readonly socket: string }
}
export type ProxyConfig = DeepReadonly<
  Resolved<z.output<typeof proxySchema>> & { readonly role: 'proxy' }
>
export type HostConfig = DeepReadonly<
  Resolved<z.output<typeof hostSchema>> & { readonly role: 'host' }
>
export type Config = ProxyConfig | HostConfig

type DeepReadonly<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends (infer U)[]
    ? readonly DeepReadonly<U>[]
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T

function refuseDoubles(
  ports: readonly { readonly name: string; readonly device: string; netns?: unknown }[],
  context: z.RefinementCtx,
): void {
  const seen = new Map<string, number>()
  for (const [index, entry] of ports.entries()) {
    const where = 'netns' in entry && entry.netns !== undefined ? ` in ${entry.netns}` : ''
    for (const what of [`name '${entry.name}'`, `device '${entry.device}'${where}`]) {
      const first = seen.get(what)
      if (first !== undefined) {
        const message = `has the ${what} of port ${first + 1} of the list`
        context.addIssue({ code: 'custom', path: [index], message })
      }
      seen.set(what, index)
    }
  }
}
