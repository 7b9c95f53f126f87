// The schema of topology files (topologies/*.yaml): every key with its type, bounds, default and
// meaning. The tables of docs/lab.md are made from it (topology-docs.ts). Which values contradict
// each other is topology-check.ts's.

import { z } from 'zod'
import { isGroupMac, isMacAddress, parseMac } from '../base/mac.ts'
import { parseRate, parseShare, parseTime } from './units.ts'

// Bounds of the emulator (native/emulator/settings.cc): bit/s, ms.
const RATE_MIN = 1e3
const RATE_MAX = 100e9
const TIME_MAX = 60e3

const NAME = /^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/

/** True for a name that a lab or a node may have. */
export function isLabName(text: string): boolean {
  return NAME.test(text)
}

interface Quantity {
  readonly parse: (text: string) => number | null
  readonly min: number
  readonly max: number
  /** Such as `a rate from 1kbit to 100gbit, such as 200mbit`. */
  readonly wanted: string
}

function quantity({ parse, min, max, wanted }: Quantity) {
  const isFit = (text: string) => {
    const value = parse(text)
    return value !== null && value >= min && value <= max
  }
  const error = `must be ${wanted}`
  const text = z.string(error).refine(isFit, { error, abort: true })
  return text.transform((given) => parse(given) ?? 0)
}

const rate = quantity({
  parse: parseRate,
  min: RATE_MIN,
  max: RATE_MAX,
  wanted: 'a rate from 1kbit to 100gbit, such as 200mbit',
})
const time = quantity({
  parse: parseTime,
  min: 0,
  max: TIME_MAX,
  wanted: 'a time up to 60s, such as 25ms',
})
const share = quantity({
  parse: parseShare,
  min: 0,
  max: 1,
  wanted: 'a share from 0% to 100%, such as 0.1%',
})
const ipv4 = z.ipv4('must be an IPv4 address such as 10.77.0.11')
const nodeName = z.string().regex(NAME, 'must be 1 to 22 of a-z, 0-9 and -')
const mac = z
  .string('must be a MAC address in quotes, such as "52:54:00:12:34:56"')
  .refine(isMacAddress, 'must be a MAC address such as 52:54:00:12:34:56')
  .transform(parseMac)
  .refine((address) => !isGroupMac(address), 'must be the address of one machine, not of a group')

/** What the docs say of a key: its type, and its meaning. */
const says = (title: string, description: string) => ({ title, description })

export const linkSchema = z
  .strictObject({
    rate: rate.optional().meta(says('rate', 'Bits a second, counted with the Ethernet header.')),
    delay: time.prefault('0ms').meta(says('time', 'One way; a round trip takes twice as long.')),
    jitter: time
      .prefault('0ms')
      .meta(
        says('time', 'Largest deviation from `delay`, which it cannot exceed; keeps the order.'),
      ),
    loss: share.prefault('0%').meta(says('share', 'Packets that are lost, in the mean.')),
    burst: z
      .number()
      .min(1)
      .max(1000)
      .default(1)
      .meta(says('number', 'Packets lost in a row, in the mean; 1: each by itself.')),
    queue: time
      .prefault('50ms')
      .meta(says('time', 'How long packets wait for the rate before they are dropped.')),
  })
  .refine((link) => link.jitter <= link.delay, {
    path: ['jitter'],
    message: 'must not be larger than the delay',
  })

export const siteSchema = z.strictObject({
  wan: linkSchema
    .optional()
    .meta(says('link', 'The line to the internet; without it, not shaped.')),
  firewall: z
    .enum(['none', 'outgoing-tcp'])
    .default('none')
    .meta(says('', '`outgoing-tcp`: only TCP connections from inside are let through.')),
  nat: z
    .boolean()
    .default(false)
    .meta(says('', 'Private addresses inside, one outside; nothing comes in unasked.')),
})

export const lanSchema = z.strictObject({
  subnet: z
    .cidrv4('must be a subnet such as 10.77.0.0/24')
    .meta(says('subnet', 'Of the LAN that guests and machines of the user share.')),
})

export const proxySchema = z.strictObject({
  site: nodeName.meta(says('name', 'Where it runs: a site without firewall and NAT.')),
  nic: linkSchema.optional().meta(says('link', 'Its own line to the switch of the site.')),
  lan: lanSchema
    .optional()
    .meta(says('the LAN', 'The LAN of the user, on a second interface (a `pcap` port).')),
})

export const hostSchema = z.strictObject({
  site: nodeName.meta(says('name', 'Where it runs.')),
  nic: linkSchema.optional().meta(says('link', 'Its own line to the switch of the site.')),
  listens: z
    .boolean()
    .default(true)
    .meta(says('', 'False: it only dials out, so that no other host can dial it.')),
})

export const guestSchema = z.strictObject({
  host: nodeName.meta(says('name', 'The host whose TAP device it is behind.')),
  ip: ipv4.optional().meta(says('address', 'In the LAN; without it the guest has none (DHCP).')),
  mac: mac.optional().meta(says('MAC', 'Otherwise made from the names, the same in every run.')),
  mtu: z.number().int().min(576).max(9216).default(1500).meta(says('bytes', 'Of its interface.')),
})

export const machineSchema = z.strictObject({
  ip: ipv4.meta(says('address', 'In the LAN.')),
  mac: mac.optional().meta(says('MAC', 'Otherwise made from the names, the same in every run.')),
})

export const topologySchema = z.strictObject({
  name: nodeName
    .optional()
    .meta(says('name', 'Of the lab; otherwise that of the file without `.yaml`.')),
  description: z.string().max(500).default('').meta(says('text', 'For people.')),
  sites: z
    .record(
      nodeName,
      siteSchema.nullable().transform((site) => site ?? siteSchema.parse({})),
    )
    .meta(says('sites by name', 'Places with a gateway to the internet each.')),
  proxy: proxySchema.meta(says('the proxy', 'The hub of the overlay, on the LAN of the user.')),
  hosts: z.record(nodeName, hostSchema).meta(says('hosts by name', 'Machines that run guests.')),
  guests: z
    .record(nodeName, guestSchema)
    .default({})
    .meta(says('guests by name', 'Namespaces that stand for virtual machines.')),
  lan: z
    .record(nodeName, machineSchema)
    .default({})
    .meta(says('machines by name', "Machines on the user's LAN, beside the proxy.")),
})

export type Topology = Readonly<z.output<typeof topologySchema>> & { readonly name: string }
export type LinkShape = Readonly<z.output<typeof linkSchema>>
export type SiteShape = Readonly<z.output<typeof siteSchema>>

/** All parts of a file under the name that docs and messages give them. */
export const PARTS = {
  topology: topologySchema,
  site: siteSchema,
  link: linkSchema,
  proxy: proxySchema,
  lan: lanSchema,
  host: hostSchema,
  guest: guestSchema,
  machine: machineSchema,
} as const
