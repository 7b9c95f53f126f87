// The plan of a lab is a value: what it says for the demonstration, and what holds for any.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { firewallRules } from '../../../src/lab/firewall.ts'
import { type LabPlan, planLab } from '../../../src/lab/plan.ts'
import { loadTopology, parseTopology } from '../../../src/lab/topology.ts'
import { SMALL } from './small.ts'

const SHIPPED = fileURLToPath(new URL('../../../topologies', import.meta.url))
const shipped = readdirSync(SHIPPED).map((file) => planLab(loadTopology(`${SHIPPED}/${file}`)))
const small = planLab(parseTopology(SMALL, 'small.yaml'))

/** A command as it would be typed. */
const typed = (plan: LabPlan) => [...plan.before, ...plan.after].map(({ argv }) => argv.join(' '))

it('demo, command by command (if it is meant: vitest --update)', async () => {
  const plan = planLab(loadTopology(`${SHIPPED}/demo.yaml`))
  const text = (commands: LabPlan['before']) =>
    commands.map(({ argv, stdin = '' }) => `${argv.join(' ')}\n${stdin}`).join('')
  const value = [
    ...plan.namespaces.map((namespace) => `namespace ${namespace}\n`),
    text(plan.before),
    ...plan.links.map((link) => `link ${JSON.stringify(link)}\n`),
    text(plan.after),
    ...plan.daemons.map((daemon) => `daemon ${JSON.stringify(daemon)}\n`),
    ...plan.guests.map((guest) => `guest ${JSON.stringify(guest)}\n`),
  ]
  await expect(value.join('')).toMatchFileSnapshot('golden/demo.plan.txt')
})

it('a plan is the same each time', () => {
  expect(planLab(parseTopology(SMALL, 'small.yaml'))).toEqual(small)
})

describe.each([small, ...shipped].map((plan) => [plan.name, plan] as const))('%s', (_, plan) => {
  it('works in its own namespaces only, and each is there once', () => {
    const known = new Set(plan.namespaces)
    expect(known.size).toBe(plan.namespaces.length)
    const wanted = [
      ...typed(plan).flatMap((command) => command.match(/vnlab\S+/g) ?? []),
      ...plan.links.flatMap(({ a, b }) => [a.namespace, b.namespace]),
      ...plan.daemons.map(({ namespace }) => namespace),
      ...plan.guests.map(({ namespace }) => namespace),
      ...Object.values(plan.nodes),
    ]
    expect(wanted.filter((namespace) => !known.has(namespace))).toEqual([])
    expect(known.size).toBe(new Set(wanted).size)
  })

  it('no address of the underlay twice, and no device twice in a namespace', () => {
    const commands = typed(plan)
    const added = commands.flatMap((command) => command.match(/addr add (198|192)\S+/g) ?? [])
    expect(added.length).toBeGreaterThan(3)
    expect(new Set(added).size).toBe(added.length)
    const devices = [
      ...commands.flatMap((command) => {
        const [, namespace, device, far, farNamespace] =
          /-n (\S+) link add (\S+) type \S+(?: peer name (\S+) netns (\S+))?/.exec(command) ?? []
        return [`${namespace} ${device}`, `${farNamespace} ${far}`]
      }),
      ...plan.links.flatMap(({ a, b }) => [a, b].map((e) => `${e.namespace} ${e.device}`)),
      ...plan.guests.map(({ namespace }) => `${namespace} eth0`),
    ].filter((device) => !device.includes('undefined'))
    expect(new Set(devices).size).toBe(devices.length)
  })

  it('every guest is behind one port of one daemon, the proxy comes first', () => {
    const [proxy, ...hosts] = plan.daemons
    expect(proxy?.role).toBe('proxy')
    const ports = hosts.flatMap((host) => host.ports.map(({ netns }) => netns))
    expect(ports.sort()).toEqual(plan.guests.map((g) => `/run/netns/${g.namespace}`).sort())
  })
})

it.each([
  ['demo', 21, 5, 5, 8],
  ['cluster', 22, 11, 9, 8],
  ['two-clusters-man', 23, 11, 9, 8],
  ['wan', 29, 9, 9, 8],
  ['nat', 19, 5, 6, 5],
])('%s: %d namespaces, %d emulated links, %d daemons, %d guests', (name, ...counts) => {
  const plan = shipped.find((one) => one.name === name)
  const { namespaces, links, daemons, guests } = plan ?? small
  expect([namespaces, links, daemons, guests].map(({ length }) => length)).toEqual(counts)
})

it('names namespaces after the lab, with another prefix on demand', () => {
  expect(small.nodes.vm1).toBe('vnlab.small.vm1')
  const other = planLab(parseTopology(SMALL, 'small.yaml'), 'vnlab-x')
  expect(other.nodes.vm1).toBe('vnlab-x.small.vm1')
  expect(JSON.stringify(other)).not.toContain('vnlab.small')
})

it('a link without a shape is a plain veth pair, one with a shape is emulated', () => {
  expect(small.links.map(({ name }) => name)).toEqual(['wan-home', 'wan-far'])
  expect(typed(small)).toContain(
    'ip -n vnlab.small.internet link add w1 type veth peer name wan netns vnlab.small.gw-bare',
  )
})

it('a site behind NAT has private addresses that the internet has no route to', () => {
  const commands = typed(small)
  expect(small.daemons.map(({ address }) => address)).toEqual([
    '198.19.2.10',
    '192.168.3.10',
    '198.19.1.10',
  ])
  const routes = commands.filter((command) => command.includes('internet route add'))
  expect(routes).toEqual([
    'ip -n vnlab.small.internet route add 198.19.1.0/24 via 198.18.1.2',
    'ip -n vnlab.small.internet route add 198.19.2.0/24 via 198.18.2.2',
  ])
})

it('guests: MAC as given or made up and lasting, IPv6 beside IPv4, none without', () => {
  const [first, second] = small.guests
  expect(first).toMatchObject({ ip: '10.77.0.11', ip6: 'fd77::10:77:0:11', prefixLength: 24 })
  expect(first?.mac).toMatch(/^52:54:00:/)
  expect(second).toMatchObject({ ip: null, ip6: null, mac: '52:54:00:00:00:02', mtu: 9000 })
})

describe('firewall rules', () => {
  it('none where there is nothing to do', () => {
    expect(firewallRules({ firewall: 'none', nat: false })).toBeNull()
  })

  it('only outgoing TCP', () => {
    expect(firewallRules({ firewall: 'outgoing-tcp', nat: false })).toBe(`flush ruleset
table inet filter {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "br0" oifname "wan" ip protocol tcp accept
  }
  chain input {
    type filter hook input priority 0; policy accept;
    iifname "wan" ct state new drop
  }
}
`)
  })

  it('NAT lets nothing in that nobody asked for', () => {
    const rules = firewallRules({ firewall: 'none', nat: true })
    expect(rules).toContain('oifname "wan" masquerade')
    expect(rules).toContain('iifname "wan" ct state new drop')
    expect(rules).not.toContain('tcp')
  })

  it('both', () => {
    const rules = firewallRules({ firewall: 'outgoing-tcp', nat: true })
    expect(rules).toContain('masquerade')
    expect(rules).toContain('policy drop')
  })
})
