// Commands that are the daemons themselves.

import type { Command, CommandGroup } from '../command.ts'

const proxy: Command = {
  words: ['proxy'],
  summary: 'run the proxy: hub, certificate authority and control plane of a network',
  details: [
    'Runs in the foreground until SIGTERM or Ctrl-C; SIGHUP reloads the file. Needs root or ' +
      'CAP_NET_ADMIN for ports. The first start makes the network and its certificate authority.',
  ],
  options: {
    config: {
      kind: 'text',
      short: 'c',
      value: 'FILE',
      about: 'its configuration',
      fallback: '/etc/vnet/proxy.yaml',
      complete: 'file',
    },
  },
  examples: [
    { line: 'vnet config example proxy > /etc/vnet/proxy.yaml', about: 'first write its file' },
    { line: 'vnet proxy', about: 'run it; systemd/ has a unit' },
    { line: 'vnet proxy --config ./proxy.yaml', about: 'with another file' },
  ],
  run: async (context) => (await import('../runs/daemon.ts')).runProxyDaemon(context),
}

const host: Command = {
  words: ['host'],
  summary: 'run the host daemon: connects the guests of this machine',
  details: [
    'Runs in the foreground until SIGTERM or Ctrl-C; SIGHUP reloads the file. Needs root or ' +
      'CAP_NET_ADMIN for ports, and an identity from "vnet join".',
  ],
  options: {
    config: {
      kind: 'text',
      short: 'c',
      value: 'FILE',
      about: 'its configuration',
      fallback: '/etc/vnet/host.yaml',
      complete: 'file',
    },
  },
  examples: [
    { line: 'vnet join proxy.example.net:7707 vnet1.AbC...', about: 'first, once' },
    { line: 'vnet host', about: 'run it; systemd/ has a unit' },
  ],
  run: async (context) => (await import('../runs/daemon.ts')).runHostDaemon(context),
}

export const daemonCommands: CommandGroup = { title: 'Run a daemon', commands: [proxy, host] }
