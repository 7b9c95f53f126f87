// Commands about who belongs to the network.

import type { Command, CommandGroup } from '../command.ts'

const join: Command = {
  words: ['join'],
  summary: 'make this machine a host of a network',
  details: [
    'Makes a key here, has it signed by the proxy and stores both; the key never leaves the ' +
      'machine. The token tells the right proxy from a false one. A host needs this once: its ' +
      'certificate is renewed by itself afterwards.',
  ],
  positionals: [
    { name: 'HOST:PORT', about: 'where the proxy listens; the port is 7707 if left out' },
    { name: 'TOKEN', about: 'from "vnet token create" at the proxy; - reads it from stdin' },
  ],
  options: {
    name: { kind: 'text', about: 'name of this host', fallback: "the machine's own" },
    state: {
      kind: 'text',
      value: 'DIR',
      about: 'where key and certificate are kept',
      fallback: '/var/lib/vnet',
      complete: 'file',
    },
  },
  jsonType: '{name, network, proxy, state, certificateNotAfterMs}',
  examples: [
    { line: 'vnet join proxy.example.net:7707 vnet1.AbC...', about: 'as the proxy printed it' },
    {
      line: 'vnet join 203.0.113.7 - --name alpha < token',
      about: 'token not in the process list',
    },
  ],
  run: async (context) => (await import('../runs/join.ts')).runJoin(context),
}

const tokenCreate: Command = {
  words: ['token', 'create'],
  summary: 'make a token with which a host may join (at the proxy)',
  details: ['The token is shown once; the proxy keeps only a hash of it.'],
  options: {
    ttl: { kind: 'duration', value: 'TIME', about: 'how long it is good', fallback: '1h' },
    uses: { kind: 'number', value: 'N', about: 'how many hosts may use it', fallback: '1' },
    name: { kind: 'text', about: 'only a host of this name; also to replace a host' },
  },
  isRemote: true,
  jsonType: 'TokenCreated',
  examples: [
    { line: 'vnet token create', about: 'for one host, within the hour' },
    { line: 'vnet token create --ttl 15m --name alpha', about: 'for alpha and nobody else' },
    { line: 'vnet token create --uses 20 --ttl 1d --json | jq -r .token', about: 'for a script' },
  ],
  run: async (context) => (await import('../runs/token.ts')).runTokenCreate(context),
}

const tokenList: Command = {
  words: ['token', 'list'],
  summary: 'list the tokens and what is left of them',
  isRemote: true,
  jsonType: 'TokenRow[]',
  examples: [{ line: 'vnet token list', about: 'ids, ends and uses left; not the tokens' }],
  run: async (context) => (await import('../runs/token.ts')).runTokenList(context),
}

const tokenRemove: Command = {
  words: ['token', 'remove'],
  summary: 'make a token useless at once',
  positionals: [{ name: 'ID', about: 'from "vnet token list"' }],
  isRemote: true,
  jsonType: '{}',
  examples: [{ line: 'vnet token remove 5f3c2a9d01e4b7c6', about: 'it was sent to a wrong place' }],
  run: async (context) => (await import('../runs/token.ts')).runTokenRemove(context),
}

const revoke: Command = {
  words: ['revoke'],
  summary: 'shut a host out: its key is refused everywhere, its links are cut',
  details: [
    'Asks first on a terminal. The host can come back only by a new token made for its name.',
  ],
  positionals: [{ name: 'HOST', about: 'name of the host', complete: 'host' }],
  options: { yes: { kind: 'flag', short: 'y', about: 'do not ask' } },
  isRemote: true,
  jsonType: '{}',
  examples: [
    { line: 'vnet revoke gamma', about: 'the machine was stolen or taken out of service' },
    { line: 'vnet revoke gamma --yes', about: 'in a script' },
  ],
  run: async (context) => (await import('../runs/revoke.ts')).runRevoke(context),
}

export const trustCommands: CommandGroup = {
  title: 'Join and trust',
  commands: [join, tokenCreate, tokenList, tokenRemove, revoke],
}
