// Commands that change what a running daemon does.

import type { Command, CommandGroup } from '../command.ts'

const HOSTS = [
  { name: 'HOST', about: 'one end', complete: 'host' },
  {
    name: 'OTHER',
    about: 'the other end; at a host it may be left out and means that host',
    isOptional: true,
    complete: 'host',
  },
] as const

const linkAdd: Command = {
  words: ['link', 'add'],
  summary: 'set up a fast-path link between two hosts',
  details: [
    'The proxy tells both hosts to connect to each other, and answers when the link is up or no ' +
      'way was found. The link carries only what a rule sends there: see "vnet rule add".',
    'Of a link that is up, --transport changes how its frames travel: the link is made anew, and ' +
      'its traffic takes the star meanwhile.',
  ],
  positionals: HOSTS,
  options: {
    transport: {
      kind: 'text',
      short: 't',
      value: 'auto|tcp|udp',
      about:
        'auto: frames go by UDP on long paths where it passes, else by TLS over TCP; tcp, udp: ' +
        'only by that',
      fallback: 'as it was; auto for a new link',
      complete: ['auto', 'tcp', 'udp'],
    },
  },
  isRemote: true,
  jsonType: 'LinkOrderResult',
  examples: [
    { line: 'vnet link add alpha beta', about: 'at the proxy' },
    { line: 'vnet link add alpha beta --transport tcp', about: 'keep it off UDP' },
  ],
  run: async (context) => (await import('../runs/link.ts')).runLink(context, 'add'),
}

const linkRemove: Command = {
  words: ['link', 'remove'],
  summary: 'take a fast-path link away; its traffic goes over the star again',
  positionals: HOSTS,
  isRemote: true,
  jsonType: 'LinkOrderResult',
  examples: [{ line: 'vnet link remove alpha beta', about: 'at the proxy' }],
  run: async (context) => (await import('../runs/link.ts')).runLink(context, 'remove'),
}

const RULE_OPTIONS = {
  source: {
    kind: 'text',
    short: 's',
    value: 'MAC',
    about: 'only frames from this address; such a rule goes before one without',
    complete: 'mac',
  },
  host: {
    kind: 'text',
    value: 'NAME',
    about: 'at the proxy: the host that is to have the rule',
    fallback: 'this daemon',
    complete: 'host',
  },
} as const

const ruleAdd: Command = {
  words: ['rule', 'add'],
  summary: 'send frames for a MAC address to a port, to a host or nowhere',
  details: [
    'TARGET is port:NAME, host:NAME (the link to that daemon) or drop. A rule for the same ' +
      'addresses is replaced. Rules set by hand last until they are removed or the daemon ends.',
  ],
  positionals: [
    { name: 'DESTINATION', about: 'MAC address that the frames go to', complete: 'mac' },
    { name: 'TARGET', about: 'port:NAME, host:NAME or drop', complete: ['port:', 'host:', 'drop'] },
  ],
  options: {
    ...RULE_OPTIONS,
    transit: { kind: 'flag', about: 'also for frames that came in from another link' },
  },
  isRemote: true,
  jsonType: 'RuleRequest',
  examples: [
    { line: 'vnet rule add 52:54:00:00:00:03 host:beta', about: 'use the fast path to beta' },
    {
      line: 'vnet rule add 52:54:00:00:00:03 host:beta --host alpha',
      about: 'at the proxy, on alpha',
    },
    { line: 'vnet rule add 52:54:00:00:00:03 drop -s 52:54:00:00:00:09', about: 'block one pair' },
  ],
  run: async (context) => (await import('../runs/rule.ts')).runRuleAdd(context),
}

const ruleRemove: Command = {
  words: ['rule', 'remove'],
  summary: 'remove a rule; the frames go by the next that matches',
  positionals: [{ name: 'DESTINATION', about: 'as it was given', complete: 'mac' }],
  options: RULE_OPTIONS,
  isRemote: true,
  jsonType: 'RuleRequest',
  examples: [{ line: 'vnet rule remove 52:54:00:00:00:03', about: 'back to the star' }],
  run: async (context) => (await import('../runs/rule.ts')).runRuleRemove(context),
}

const ping: Command = {
  words: ['ping'],
  summary: 'measure the way to another daemon, without any guest',
  details: ['Exit status 1 if no echo came back.'],
  positionals: [{ name: 'HOST', about: 'name of a daemon', complete: 'host' }],
  options: {
    count: { kind: 'number', short: 'c', about: 'echoes to send', fallback: 'until Ctrl-C' },
    interval: {
      kind: 'interval',
      short: 'i',
      value: 'SECONDS',
      about: 'time between two',
      fallback: '1',
    },
    size: { kind: 'number', value: 'BYTES', about: 'payload of each echo', fallback: '0' },
    timeout: { kind: 'number', value: 'MS', about: 'how long to wait for each', fallback: '2000' },
  },
  isRemote: true,
  jsonType: 'PingResult, one a line, then a summary',
  examples: [
    { line: 'vnet ping beta', about: 'until Ctrl-C; says whether by the proxy or direct' },
    { line: 'vnet ping beta -c 10 -i 0.2 --size 1400', about: 'ten big ones, five a second' },
  ],
  run: async (context) => (await import('../runs/ping.ts')).runPing(context),
}

const pinAdd: Command = {
  words: ['pin', 'add'],
  summary: 'accept a MAC address from one host only (at the proxy)',
  details: ['Frames with this source from elsewhere are dropped and counted as "spoofed".'],
  positionals: [
    { name: 'MAC', about: "the guest's address", complete: 'mac' },
    { name: 'HOST', about: 'the only host that may use it', complete: 'host' },
  ],
  isRemote: true,
  jsonType: '{mac, host}',
  examples: [{ line: 'vnet pin add 52:54:00:00:00:03 beta', about: 'nobody else can be vm3' }],
  run: async (context) => (await import('../runs/pin.ts')).runPinAdd(context),
}

const pinRemove: Command = {
  words: ['pin', 'remove'],
  summary: 'accept a MAC address from anywhere again',
  positionals: [{ name: 'MAC', about: 'a pinned address', complete: 'mac' }],
  isRemote: true,
  jsonType: '{mac}',
  examples: [
    { line: 'vnet pin remove 52:54:00:00:00:03', about: 'for instance to move the guest' },
  ],
  run: async (context) => (await import('../runs/pin.ts')).runPinRemove(context),
}

const pinList: Command = {
  words: ['pin', 'list'],
  summary: 'list the pinned MAC addresses',
  isRemote: true,
  jsonType: '{mac, host}[]',
  examples: [{ line: 'vnet pin list', about: 'at the proxy' }],
  run: async (context) => (await import('../runs/pin.ts')).runPinList(context),
}

const reload: Command = {
  words: ['reload'],
  summary: 'make the daemon read its file again; links stay up',
  details: ['Tells which keys are in force now and which need a restart of the daemon.'],
  isRemote: true,
  jsonType: 'ReloadResult',
  examples: [
    { line: 'vnet config check /etc/vnet/host.yaml && vnet reload', about: 'check first' },
  ],
  run: async (context) => (await import('../runs/reload.ts')).runReload(context),
}

export const actCommands: CommandGroup = {
  title: 'Act',
  commands: [linkAdd, linkRemove, ruleAdd, ruleRemove, ping, pinAdd, pinRemove, pinList, reload],
}
