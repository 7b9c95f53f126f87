// Commands that look at a running daemon.

import type { AdminClient } from '../../control/client.ts'
import type { Command, CommandGroup, Example } from '../command.ts'
import type { View } from '../views/view.ts'

interface LookEntry<T> {
  readonly name: string
  readonly summary: string
  readonly details?: readonly string[]
  readonly jsonType: string
  readonly examples: readonly Example[]
  readonly ask: (client: AdminClient) => Promise<T>
  readonly view: () => Promise<View<T>>
}

/** A question of the admin API, shown as a table, as JSON or again and again. */
function look<T>({ name, ask, view, ...entry }: LookEntry<T>): Command {
  return {
    ...entry,
    words: [name],
    isRemote: true,
    isWatchable: true,
    run: async (context) => {
      const [{ showOrWatch }, client, loaded] = await Promise.all([
        import('../watch.ts'),
        context.client(),
        view(),
      ])
      const title = `vnet ${name}`
      await showOrWatch(context, { ask: () => ask(client), view: loaded, title })
      return undefined
    },
  }
}

const tables = () => import('../views/tables.ts')

const status = look({
  name: 'status',
  summary: 'show what the daemon is and how it does',
  jsonType: 'Status',
  ask: (client) => client.status(),
  view: async () => (await import('../views/status.ts')).viewStatus,
  examples: [
    { line: 'vnet status', about: 'the only daemon on this machine' },
    { line: 'vnet status --watch 1', about: 'again every second' },
    { line: 'vnet status --json | jq .star', about: 'is the proxy reachable? for a script' },
  ],
})

const hosts = look({
  name: 'hosts',
  summary: 'list the hosts of the network',
  details: [
    'At the proxy: all hosts that ever joined. At a host: itself and the daemons it has links to.',
  ],
  jsonType: 'HostRow[]',
  ask: (client) => client.hosts(),
  view: async () => (await import('../views/hosts.ts')).viewHosts,
  examples: [
    { line: 'vnet hosts', about: 'who is up, how far away, and since when' },
    {
      line: `vnet hosts --json | jq -r '.[] | select(.state == "down").name'`,
      about: 'names of the hosts that are down',
    },
  ],
})

const ports = look({
  name: 'ports',
  summary: 'list the ports: where frames enter and leave this daemon',
  details: ['IN is what entered the overlay here, OUT what left it to the device.'],
  jsonType: 'PortInfo[]',
  ask: (client) => client.ports(),
  view: async () => (await import('../views/ports.ts')).viewPorts,
  examples: [
    { line: 'vnet ports', about: 'devices, states and traffic' },
    { line: 'vnet ports --watch', about: 'see the counts go up' },
  ],
})

const linksNow = look({
  name: 'links',
  summary: 'list the TLS links to other daemons',
  details: [
    'ROLE star is the link between a host and the proxy, fast-path one between two hosts. An ' +
      'arrow to the right before REMOTE means that this daemon dialled. CAN DO is the delivery ' +
      'rate that TCP measured last, which is low on a link that had little to carry.',
    'BY tells what frames go by now, and why: tcp is the TLS connection, which is faster on a ' +
      'short path, udp datagrams beside it, which are on a long or lossy one. UDP tells of ' +
      'that path: the largest datagram that passes, its round-trip time, and of what the peer ' +
      'sent the shares that never came, or only when sent again.',
    'With --why, at the proxy: all fast paths of the network, who wants each, what it gains, and ' +
      'the reason.',
  ],
  jsonType: 'LinkInfo[]; with --why LinkView[] and gains',
  ask: (client) => client.links(),
  view: async () => (await import('../views/links.ts')).viewLinks,
  examples: [
    { line: 'vnet links', about: 'state, round-trip time and traffic of each link' },
    { line: 'vnet links --watch 1', about: 'watch a link come back' },
    { line: 'vnet links --why', about: 'why are there these fast paths?' },
  ],
})

const links: Command = {
  ...linksNow,
  options: { why: { kind: 'flag', about: 'fast paths of the network and why they are there' } },
  run: async (context) =>
    context.args.flag('why')
      ? (await import('../runs/plan.ts')).runLinksWhy(context)
      : linksNow.run(context),
}

const rules = look({
  name: 'rules',
  summary: 'list the forwarding rules and how often they were used',
  jsonType: 'RuleRow[]',
  ask: (client) => client.rules(),
  view: async () => (await tables()).viewRules,
  examples: [
    { line: 'vnet rules', about: 'the most specific rule wins: source and destination first' },
    { line: 'vnet rules --watch', about: 'see which rule the traffic takes' },
  ],
})

const network = look({
  name: 'network',
  summary: 'show latency and bandwidth between the daemons (at the proxy)',
  details: [
    'From each row to each column. `.`: nothing is known; `x`: they cannot connect; `>`: it',
    'carried so much and may carry more; `~`: measured long ago. Below it each link with jitter,',
    'loss and waiting time, the age of its bandwidth and how sure that is.',
  ],
  jsonType: 'NetworkView',
  ask: (client) => client.network(),
  view: async () => (await import('../views/network.ts')).viewNetwork,
  examples: [
    { line: 'vnet network', about: 'the matrices, and what they are made of' },
    {
      line: `vnet network --json | jq '.paths[] | select(.lossRatio > 0.01)'`,
      about: 'links that lose more than a percent',
    },
  ],
})

const macs = look({
  name: 'macs',
  summary: 'list the MAC addresses that are known and where they are',
  jsonType: 'MacRow[]',
  ask: (client) => client.macs(),
  view: async () => (await tables()).viewMacs,
  examples: [
    { line: 'vnet macs', about: 'learned on ports and announced by hosts' },
    { line: 'vnet macs | grep "host alpha"', about: 'the guests of one host' },
  ],
})

const drops = look({
  name: 'drops',
  summary: 'show how many frames were dropped, where and why',
  details: [
    'Reasons: queue-full, storm, spoofed, malformed, hop-limit, no-route, too-big, loop, ' +
      'same-port, port-write, not-admitted, link-closed, table-full, datagram-lost, ' +
      'datagram-rejected. "vnet doctor" says what to do.',
  ],
  jsonType: 'DropsRow[]',
  ask: (client) => client.drops(),
  view: async () => (await tables()).viewDrops,
  examples: [
    { line: 'vnet drops', about: 'all drops since the daemon started' },
    { line: 'vnet drops --watch 1', about: 'are they still going up?' },
  ],
})

const counters = look({
  name: 'counters',
  summary: 'show the traffic of each pair of guests, counted where it enters the overlay',
  jsonType: 'PairRow[]',
  ask: (client) => client.counters(),
  view: async () => (await tables()).viewCounters,
  examples: [
    { line: 'vnet counters', about: 'who talks to whom, busiest first' },
    { line: 'vnet counters --json', about: 'exact bytes and frames for a program' },
  ],
})

const top: Command = {
  words: ['top'],
  summary: 'watch the busiest pairs of guests live',
  details: ['Keys: q ends.'],
  options: {
    interval: { kind: 'interval', value: 'SECONDS', about: 'time between screens', fallback: '1' },
    rows: { kind: 'number', short: 'n', about: 'pairs to show', fallback: 'what fits' },
  },
  isRemote: true,
  examples: [
    { line: 'vnet top', about: 'pairs by rate, redrawn every second' },
    { line: 'vnet top -n 5 --interval 0.5', about: 'the five busiest, twice a second' },
  ],
  run: async (context) => (await import('../runs/top.ts')).runTop(context),
}

const capture: Command = {
  words: ['capture'],
  summary: 'copy the frames of a port or link into a pcap file',
  details: [
    'TARGET is the name of a port (see "vnet ports"), or link:HOST for the link to a daemon. ' +
      'Ctrl-C ends the capture; the file is complete then.',
  ],
  positionals: [{ name: 'TARGET', about: 'a port, or link:HOST', complete: 'port' }],
  options: {
    write: {
      kind: 'text',
      short: 'w',
      value: 'FILE',
      about: 'where to write; - is standard output',
      complete: 'file',
    },
    count: { kind: 'number', short: 'c', about: 'end after this many frames' },
    snap: {
      kind: 'number',
      value: 'BYTES',
      about: 'keep only so many bytes of each frame',
      fallback: 'all',
    },
  },
  isRemote: true,
  examples: [
    { line: 'vnet capture vm1 -w vm1.pcap', about: 'until Ctrl-C; open it with Wireshark' },
    { line: 'vnet capture vm1 -w - | wireshark -k -i -', about: 'watch live in Wireshark' },
    { line: 'vnet capture link:alpha -c 100 -w - | tcpdump -nr -', about: 'frames of a link' },
  ],
  run: async (context) => (await import('../runs/capture.ts')).runCapture(context),
}

const doctor: Command = {
  words: ['doctor'],
  summary: 'check the daemon and its surroundings, and say what to do',
  details: [
    'Exit status 1 if a check failed. Without a daemon it still checks what one would need here.',
  ],
  options: {
    config: {
      kind: 'text',
      short: 'c',
      value: 'FILE',
      about: 'without a daemon: the file that it would use',
      fallback: '/etc/vnet/host.yaml or proxy.yaml',
      complete: 'file',
    },
  },
  isRemote: true,
  jsonType: 'Check[]',
  examples: [
    { line: 'vnet doctor', about: 'devices, rights, clock, certificate, reachability, MTU' },
    { line: 'vnet doctor --json', about: 'for a monitoring system' },
  ],
  run: async (context) => (await import('../runs/doctor.ts')).runDoctor(context),
}

const logs: Command = {
  words: ['logs'],
  summary: "show the daemon's log",
  options: {
    follow: { kind: 'flag', short: 'f', about: 'go on with new records; Ctrl-C ends' },
    lines: { kind: 'number', short: 'n', about: 'records to start with', fallback: '100' },
    level: {
      kind: 'text',
      about: 'least severity to show',
      fallback: 'all that was logged',
      complete: ['debug', 'info', 'warn', 'error'],
    },
  },
  isRemote: true,
  jsonType: 'log record',
  examples: [
    { line: 'vnet logs -f', about: 'the last 100 records, then new ones' },
    { line: 'vnet logs --level warn -n 1000', about: 'only what needs attention' },
  ],
  run: async (context) => (await import('../runs/logs.ts')).runLogs(context),
}

const audit: Command = {
  words: ['audit'],
  summary: 'show who changed what (at the proxy)',
  options: { lines: { kind: 'number', short: 'n', about: 'entries to show', fallback: '100' } },
  isRemote: true,
  jsonType: 'AuditRow[]',
  examples: [{ line: 'vnet audit -n 20', about: 'the last 20 joins, tokens, orders, revocations' }],
  run: async (context) => (await import('../runs/audit.ts')).runAudit(context),
}

export const lookCommands: CommandGroup = {
  title: 'Look',
  commands: [
    status,
    hosts,
    ports,
    links,
    network,
    macs,
    rules,
    drops,
    counters,
    top,
    capture,
    doctor,
    logs,
    audit,
  ],
}
