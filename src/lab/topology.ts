// The description of a test bed (topologies/*.yaml): sites with their WAN links and firewalls, the
// proxy with the user's LAN, hosts and guests. One schema; what does not fit is refused with its
// line.

import { readFileSync } from 'node:fs'
import { BlockList } from 'node:net'
import { basename } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { messageOf, VnetError } from '../base/errors.ts'
import { isMacAddress, parseMac } from '../base/mac.ts'
import { nearest } from '../config/nearest.ts'
import { parseRate, parseShare, parseTime } from './units.ts'

/** Nodes of a lab: each is a namespace, and a process or three. */
const NODES_MAX = 250

const quantity = (parse: (text: string) => number | null, example: string) =>
  z
    .string()
    .refine((text) => parse(text) !== null, `must look like ${example}`)
    .transform((text) => parse(text) ?? 0)

const rate = quantity(parseRate, '200mbit')
const time = quantity(parseTime, '25ms')
const share = quantity(parseShare, '0.1%')
const ipv4 = z.ipv4('must be an IPv4 address such as 10.77.0.11')
const nodeName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/, 'must be 1 to 22 of a-z, 0-9 and -')
const mac = z.string().refine(isMacAddress, 'must be a MAC address').transform(parseMac)

/** A link with what it does to packets, each way alike; delay is one way. */
const linkSchema = z.strictObject({
  rate: rate.optional(),
  delay: time.default(0),
  jitter: time.default(0),
  loss: share.default(0),
  /** Mean length of a run of lost packets; 1: independent. */
  burst: z.number().min(1).max(1000).default(1),
  /** Longest wait for the rate before packets are dropped. */
  queue: time.default(50),
})

const siteSchema = z.strictObject({
  wan: linkSchema.optional(),
  firewall: z.enum(['none', 'outgoing-tcp']).default('none'),
  nat: z.boolean().default(false),
})

const proxySchema = z.strictObject({
  site: nodeName,
  nic: linkSchema.optional(),
  lan: z.strictObject({ subnet: z.cidrv4('must be a subnet such as 10.77.0.0/24') }).optional(),
})

const hostSchema = z.strictObject({
  site: nodeName,
  nic: linkSchema.optional(),
  /** False: it only dials out. */
  listens: z.boolean().default(true),
})

const guestSchema = z.strictObject({
  host: nodeName,
  ip: ipv4.optional(),
  mac: mac.optional(),
  mtu: z.number().int().min(576).max(9216).default(1500),
})

const machineSchema = z.strictObject({ ip: ipv4, mac: mac.optional() })

const topologySchema = z.strictObject({
  name: nodeName.optional(),
  description: z.string().max(500).default(''),
  sites: z.record(
    nodeName,
    siteSchema.nullable().transform((site) => site ?? siteSchema.parse({})),
  ),
  proxy: proxySchema,
  hosts: z.record(nodeName, hostSchema),
  guests: z.record(nodeName, guestSchema).default({}),
  lan: z.record(nodeName, machineSchema).default({}),
})

export type Topology = Readonly<z.output<typeof topologySchema>> & { readonly name: string }
export type LinkShape = Readonly<z.output<typeof linkSchema>>
export type SiteShape = Readonly<z.output<typeof siteSchema>>

/**
 * Reads a topology file.
 * @throws VnetError `topology-unreadable` or `topology-invalid`, with every problem and its line.
 */
export function loadTopology(path: string): Topology {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new VnetError('topology-unreadable', `cannot read ${path}: ${messageOf(error)}`, {
      hint: 'the files that come with VNET are in topologies/',
      cause: error,
    })
  }
  return parseTopology(text, path)
}

/** The same for a text; `path` is for messages and the default name. */
export function parseTopology(text: string, path: string): Topology {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const fail = (problems: readonly string[]): never => {
    throw new VnetError('topology-invalid', problems.join('\n'), {
      hint: 'topologies/demo.yaml shows all parts',
    })
  }
  const [syntax] = document.errors
  if (syntax) return fail([`${path}:${syntax.linePos?.[0].line ?? 1}: ${syntax.message}`])
  const lineOf = (keys: readonly PropertyKey[]) => {
    const node = nodeAt(document.contents, keys)
    return node === null ? 1 : lines.linePos(node).line
  }
  const parsed = topologySchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (!parsed.success) {
    return fail(parsed.error.issues.flatMap((issue) => describeIssue(issue, path, lineOf)))
  }
  const name = parsed.data.name ?? basename(path).replace(/\.ya?ml$/, '')
  const topology = { ...parsed.data, name }
  const wrong = findContradictions(topology)
  if (wrong.length > 0) fail(wrong.map(({ keys, why }) => `${path}:${lineOf(keys)}: ${why}`))
  return topology
}

function describeIssue(
  issue: z.core.$ZodIssue,
  path: string,
  lineOf: (keys: readonly PropertyKey[]) => number,
): string[] {
  const where = issue.path.join('.')
  if (issue.code !== 'unrecognized_keys') {
    return [`${path}:${lineOf(issue.path)}: ${where}: ${issue.message}`]
  }
  return issue.keys.map((key) => {
    const near = nearest(key, ALL_KEYS)
    const suggestion = near === null ? '' : `; did you mean '${near}'?`
    return `${path}:${lineOf([...issue.path, key])}: unknown key '${key}'${suggestion}`
  })
}

const ALL_KEYS = [topologySchema, siteSchema, linkSchema, proxySchema, hostSchema, guestSchema]
  .flatMap((schema) => Object.keys(schema.shape))
  .concat('ip', 'subnet')

/** Offset of the key at the end of a path, or of the nearest key above it. */
function nodeAt(contents: unknown, keys: readonly PropertyKey[]): number | null {
  let node: unknown = contents
  let offset: number | null = null
  for (const key of keys) {
    if (!isMap(node)) break
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
    if (pair === undefined || !isScalar(pair.key)) break
    offset = pair.key.range?.[0] ?? offset
    node = pair.value
  }
  return offset
}

interface Contradiction {
  readonly keys: readonly string[]
  readonly why: string
}

/** What the schema cannot see: names that do not exist, names and addresses used twice. */
function findContradictions(topology: Topology): Contradiction[] {
  const found: Contradiction[] = []
  const sites = Object.keys(topology.sites)
  const hosts = Object.keys(topology.hosts)
  const unknown = (
    keys: readonly string[],
    kind: string,
    name: string,
    known: readonly string[],
  ) => {
    if (known.includes(name)) return
    const near = nearest(name, known)
    const suggestion = near === null ? `known: ${known.join(', ')}` : `did you mean '${near}'?`
    found.push({ keys, why: `there is no ${kind} '${name}'; ${suggestion}` })
  }
  unknown(['proxy', 'site'], 'site', topology.proxy.site, sites)
  for (const [name, host] of Object.entries(topology.hosts)) {
    unknown(['hosts', name, 'site'], 'site', host.site, sites)
  }
  for (const [name, guest] of Object.entries(topology.guests)) {
    unknown(['guests', name, 'host'], 'host', guest.host, hosts)
  }
  const owners = new Map<string, string>()
  const once = (keys: readonly string[], value: string | undefined, what: string) => {
    if (value === undefined) return
    const first = owners.get(`${what} ${value}`)
    if (first !== undefined) found.push({ keys, why: `${what} ${value} is that of ${first} too` })
    owners.set(`${what} ${value}`, keys[1] ?? '')
  }
  const proxySite = topology.sites[topology.proxy.site]
  if (proxySite?.nat || proxySite?.firewall === 'outgoing-tcp') {
    const why = 'the proxy must be reachable: no NAT and no firewall at its site'
    found.push({ keys: ['proxy', 'site'], why })
  }
  const reserved = ['proxy', 'internet', 'lan']
  for (const kind of ['hosts', 'guests', 'lan'] as const) {
    for (const name of Object.keys(topology[kind])) {
      once([kind, name], name, 'name')
      if (reserved.includes(name) || name.startsWith('gw-'))
        found.push({ keys: [kind, name], why: `'${name}' is reserved` })
    }
  }
  for (const kind of ['guests', 'lan'] as const) {
    for (const [name, node] of Object.entries(topology[kind])) {
      once([kind, name], node.ip, 'address')
      const { lan } = topology.proxy
      if (node.ip !== undefined && lan !== undefined && !isInSubnet(node.ip, lan.subnet)) {
        found.push({ keys: [kind, name], why: `${node.ip} is not in the LAN's ${lan.subnet}` })
      }
      once([kind, name], node.mac, 'MAC')
    }
  }
  if (Object.keys(topology.lan).length > 0 && topology.proxy.lan === undefined) {
    found.push({ keys: ['lan'], why: "machines on the user's LAN need proxy.lan.subnet" })
  }
  const count = owners.size + sites.length
  if (count > NODES_MAX * 3) found.push({ keys: ['guests'], why: 'more nodes than a lab can hold' })
  return found
}

function isInSubnet(address: string, subnet: string): boolean {
  const [network = '', length = '32'] = subnet.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(length))
  return list.check(address)
}
