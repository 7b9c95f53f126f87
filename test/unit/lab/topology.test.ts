// A topology file is taken as written, or refused with every problem, its line and what was meant.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { VnetError } from '../../../src/base/errors.ts'
import { loadTopology, parseTopology } from '../../../src/lab/topology.ts'
import { isLabName } from '../../../src/lab/topology-schema.ts'
import { SMALL } from './small.ts'

const SHIPPED = fileURLToPath(new URL('../../../topologies', import.meta.url))

/** What is said of a file; one line a problem. */
function problemsOf(text: string, path = 'x.yaml'): string[] {
  try {
    parseTopology(text, path)
  } catch (error) {
    expect(error).toBeInstanceOf(VnetError)
    expect((error as VnetError).code).toBe('topology-invalid')
    return (error as VnetError).message.split('\n')
  }
  return []
}

/** The small topology with one line put for another. */
function changed(from: string, to: string): string {
  expect(SMALL).toContain(from)
  return SMALL.replace(from, to)
}

it('takes what is written, and fills in the rest', () => {
  const topology = parseTopology(SMALL, 'labs/small.yaml')
  expect(topology.name).toBe('small')
  expect(topology.sites.home).toEqual({
    wan: { rate: 1e9, delay: 2, jitter: 0, loss: 0, burst: 1, queue: 50 },
    firewall: 'none',
    nat: false,
  })
  expect(topology.sites.bare).toEqual({ firewall: 'none', nat: false })
  expect(topology.hosts.beta).toEqual({ site: 'bare', listens: true })
  expect(topology.guests.vm2).toEqual({ host: 'beta', mac: '52:54:00:00:00:02', mtu: 9000 })
})

it('takes its name from the file, if that can be one', () => {
  expect(parseTopology(`name: other\n${SMALL}`, 'My Lab.yaml').name).toBe('other')
  expect(problemsOf(SMALL, 'labs/My Lab.yaml')).toEqual([
    "labs/My Lab.yaml:1: 'My Lab' cannot be a lab's name; add a line such as 'name: mine'",
  ])
})

describe('refuses, with the line', () => {
  it.each([
    ['a file that is no YAML', 'sites: [', 1, 'Flow sequence'],
    ['an empty file', '', 1, 'the file: '],
    ['a list', '- sites', 1, 'the file: '],
    ['a key twice', `${SMALL}proxy: { site: home }\n`, 17, 'Map keys must be unique'],
    ['a missing part', changed('proxy:\n  {', '#'), 1, 'proxy: '],
    ['a wrong rate', changed('1gbit', '1gb'), 3, 'sites.home.wan.rate: must be a rate from'],
    ['too high a rate', changed('1gbit', '101gbit'), 3, 'must be a rate from 1kbit to 100gbit'],
    ['too low a rate', changed('1gbit', '1bit'), 3, 'must be a rate from 1kbit to 100gbit'],
    ['a time without unit', changed('2ms', '2'), 3, 'sites.home.wan.delay: must be a time up to'],
    ['too long a time', changed('2ms', '61s'), 3, 'must be a time up to 60s'],
    ['more than all lost', changed('0.5%', '200%'), 5, 'loss: must be a share from 0% to 100%'],
    ['a burst of none', changed('burst: 3', 'burst: 0'), 5, 'burst: '],
    ['jitter beyond delay', changed('jitter: 5ms', 'jitter: 11ms'), 5, 'not be larger than the'],
    ['an unknown firewall', changed('outgoing-tcp', 'closed'), 6, 'sites.far.firewall: '],
    ['a name in capitals', changed('  alpha:', '  Alpha:'), 11, 'hosts.Alpha: must be 1 to 22 of'],
    ['a wrong address', changed('10.77.0.11', '10.77.0.256'), 14, 'guests.vm1.ip: must be an IPv4'],
    ['a wrong MAC', changed('52:54:00:00:00:02', '52:54'), 15, 'guests.vm2.mac: must be a MAC'],
    ["a group's MAC", changed('52:54:00:00:00:02', '53:54:00:00:00:02'), 15, 'not of a group'],
    ['too large an MTU', changed('9000', '9217'), 15, 'guests.vm2.mtu: '],
    ['a wrong subnet', changed('10.77.0.0/24', '10.77.0.0'), 9, 'proxy.lan.subnet: must be a'],
  ])('%s', (_, text, line, message) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^x\\.yaml:${line}: `))
    expect(problems[0]).toContain(message)
  })

  it.each([
    [changed('delay: 10ms', 'dealy: 10ms').replace('jitter: 5ms, ', ''), 5, 'dealy', 'delay'],
    [changed('nat: true', 'natt: true'), 7, 'natt', 'nat'],
    [changed('guests:', 'guest:'), 13, 'guest', 'guests'],
    [changed('subnet:', 'sub-net:'), 9, 'sub-net', 'subnet'],
    [changed('mtu:', 'MTU:'), 15, 'MTU', 'mtu'],
  ])('an unknown key, with the nearest right one (%#)', (text, line, key, near) => {
    const wanted = `x.yaml:${line}: unknown key '${key}'; did you mean '${near}'?`
    expect(problemsOf(text)).toContain(wanted)
  })

  it('a key like no other', () => {
    expect(problemsOf(`${SMALL}wavelength: 7\n`)).toEqual(["x.yaml:17: unknown key 'wavelength'"])
  })
})

describe('contradictions', () => {
  it.each([
    [
      'an unknown site',
      changed('site: far', 'site: fra'),
      11,
      "no site 'fra'; did you mean 'far'?",
    ],
    ['one like no other', changed('site: far', 'site: x-y-z'), 11, 'known: bare, home, far'],
    ["the proxy's", changed('site: home', 'site: nowhere'), 9, "there is no site 'nowhere'"],
    ['an unknown host', changed('host: beta', 'host: bet'), 15, "host 'bet'; did you mean 'beta'?"],
    ['a reserved name', changed('  vm1:', '  internet:'), 14, "'internet' is reserved"],
    ["a gateway's name", changed('  vm1:', '  gw-home:'), 14, "'gw-home' is reserved"],
    ['a name twice', changed('desk:', 'alpha:'), 16, 'name alpha is that of one of the hosts too'],
    ['an address twice', changed('0.2 }', '0.11 }'), 16, 'address 10.77.0.11 is that of vm1 too'],
    [
      'an address outside of the LAN',
      changed('10.77.0.11', '10.78.0.11'),
      14,
      "10.78.0.11 is not in the LAN's 10.77.0.0/24",
    ],
    [
      'a MAC twice',
      changed('0.2 }', '0.2, mac: "52-54-00-00-00-02" }'),
      16,
      'MAC 52:54:00:00:00:02 is that of vm2 too',
    ],
    ['a LAN that is not', changed(', lan: { subnet: 10.77.0.0/24 }', ''), 16, 'need'],
  ])('%s', (_, text, line, message) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^x\\.yaml:${line}: `))
    expect(problems[0]).toContain(message)
  })

  it.each(['firewall: outgoing-tcp', 'nat: true'])('the proxy behind %s', (guard) => {
    expect(problemsOf(changed('2ms }', `2ms }, ${guard}`))).toEqual([
      'x.yaml:9: the proxy must be reachable: no NAT and no firewall at its site',
    ])
  })

  it('more nodes than a machine holds', () => {
    const hosts = Array.from({ length: 200 }, (_, index) => `  n${index}: { site: far }`)
    const text = changed('guests:', `${hosts.join('\n')}\nguests:`)
    expect(problemsOf(text)).toEqual(['x.yaml:10: 208 nodes are more than the 200 of a lab'])
  })
})

it('tells all problems at once', () => {
  const text = changed('1gbit', 'fast').replace('mtu: 9000', 'mtu: 0').replace('nat:', 'natt:')
  expect(problemsOf(text).map((line) => line.split(' ')[0])).toEqual([
    'x.yaml:3:',
    'x.yaml:7:',
    'x.yaml:15:',
  ])
})

it('says why a file cannot be read', () => {
  expect(() => loadTopology('/nowhere/x.yaml')).toThrow(/cannot read \/nowhere\/x.yaml: ENOENT/)
})

it('a name cannot lead out of the folder of labs', () => {
  const names = ['', '..', '../demo', 'a/b', 'a.b', '-a', 'a-', 'A', 'a'.repeat(23), 'a\n']
  expect(names.filter(isLabName)).toEqual([])
  expect(['a', 'demo-2', 'a'.repeat(22)].every(isLabName)).toBe(true)
})

it.each(readdirSync(SHIPPED))('topologies/%s is valid and says what it is', (file) => {
  const topology = loadTopology(`${SHIPPED}/${file}`)
  expect(topology.name).toBe(file.replace('.yaml', ''))
  expect(topology.description).not.toBe('')
})
