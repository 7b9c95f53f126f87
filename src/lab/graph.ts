// A topology as a drawing: a tree for the terminal, and text for Graphviz and Mermaid.

import type { LinkShape, SiteShape, Topology } from './topology.ts'
import { formatRate } from './units.ts'

/** What a link does, for people: `200 Mbit/s, 25 ms`. */
export function describeLink(link: LinkShape | undefined): string {
  if (link === undefined) return 'not shaped'
  const parts = [
    link.rate === undefined ? '' : formatRate(link.rate),
    `${link.delay} ms`,
    link.jitter > 0 ? `±${link.jitter} ms` : '',
    link.loss > 0 ? `${Number((link.loss * 100).toPrecision(6))} % loss` : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function describeSite(site: SiteShape): string {
  const guard = site.firewall === 'outgoing-tcp' ? ', only outgoing TCP' : ''
  return `${describeLink(site.wan)}${guard}${site.nat ? ', NAT' : ''}`
}

interface Branch {
  readonly label: string
  readonly below: readonly Branch[]
}

/** The tree of sites, daemons and guests. */
export function drawTree(topology: Topology): string {
  const sites = Object.entries(topology.sites).map(([name, site]): Branch => {
    const hosts = Object.entries(topology.hosts).filter(([, host]) => host.site === name)
    const below = hosts.map(([host]) => ({ label: host, below: guestsOf(topology, host) }))
    const proxy = topology.proxy.site === name ? [proxyBranch(topology)] : []
    return { label: `${name}  (${describeSite(site)})`, below: [...proxy, ...below] }
  })
  return drawBranch({ label: `${topology.name}: the internet`, below: sites }, '').join('\n')
}

function proxyBranch(topology: Topology): Branch {
  const machines = Object.entries(topology.lan).map(([name, { ip }]) => leaf(`${name}  ${ip}`))
  const { lan } = topology.proxy
  const below =
    lan === undefined ? [] : [{ label: `the user's LAN ${lan.subnet}`, below: machines }]
  return { label: 'proxy', below }
}

function guestsOf(topology: Topology, host: string): Branch[] {
  return Object.entries(topology.guests)
    .filter(([, guest]) => guest.host === host)
    .map(([name, guest]) => leaf(`${name}  ${guest.ip ?? 'address by DHCP'}`))
}

function leaf(label: string): Branch {
  return { label, below: [] }
}

function drawBranch(branch: Branch, indent: string): string[] {
  const lines = branch.below.flatMap((child, index) => {
    const isLast = index === branch.below.length - 1
    const [first = '', ...rest] = drawBranch(child, `${indent}${isLast ? '   ' : '│  '}`)
    return [`${indent}${isLast ? '└─ ' : '├─ '}${first}`, ...rest]
  })
  return [branch.label, ...lines]
}

interface Edge {
  readonly from: string
  readonly to: string
  readonly label: string
}

function edgesOf(topology: Topology): Edge[] {
  const edges: Edge[] = Object.entries(topology.sites).map(([name, site]) => ({
    from: 'internet',
    to: `site ${name}`,
    label: describeSite(site),
  }))
  edges.push({ from: `site ${topology.proxy.site}`, to: 'proxy', label: '' })
  for (const name of Object.keys(topology.lan))
    edges.push({ from: 'proxy', to: name, label: 'LAN' })
  for (const [name, { site }] of Object.entries(topology.hosts)) {
    edges.push({ from: `site ${site}`, to: name, label: '' })
  }
  for (const [name, guest] of Object.entries(topology.guests)) {
    edges.push({ from: guest.host, to: name, label: guest.ip ?? 'DHCP' })
  }
  return edges
}

/** For Graphviz. */
export function drawDot(topology: Topology): string {
  const lines = edgesOf(topology).map(
    ({ from, to, label }) => `  "${from}" -- "${to}"${label === '' ? '' : ` [label="${label}"]`};`,
  )
  return [`graph "${topology.name}" {`, ...lines, '}'].join('\n')
}

/** For Mermaid. */
export function drawMermaid(topology: Topology): string {
  // Words such as `end` mean something to Mermaid, and only names of sites have a space.
  const id = (name: string) => `n_${name.replaceAll('-', '_').replaceAll(' ', '__')}`
  const lines = edgesOf(topology).map(({ from, to, label }) => {
    const text = label === '' ? '' : `|"${label}"|`
    return `  ${id(from)}["${from}"] ---${text} ${id(to)}["${to}"]`
  })
  return ['graph TD', ...lines].join('\n')
}
