// Each act: what reaches the daemon, what is answered, and what a refusal looks like.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FixedDaemon, startFixedDaemon } from '../../support/admin-data.ts'
import { vnet } from '../../support/cli.ts'

let daemon: FixedDaemon
beforeAll(async () => {
  daemon = await startFixedDaemon()
})
afterAll(() => daemon.close())
beforeEach(() => {
  daemon.asked.length = 0
})

const run = (line: string) => vnet(line, { env: { VNET_SOCKET: daemon.socket } })
const vm1 = '52:54:00:00:00:01'
const vm3 = '52:54:00:00:00:03'

const acts = [
  ['link add alpha beta', ['addLink', { a: 'alpha', b: 'beta' }], 'link alpha - beta is up'],
  [
    'link add alpha beta --transport udp',
    ['addLink', { a: 'alpha', b: 'beta', transport: 'udp' }],
    'link alpha - beta is up',
  ],
  [
    `rule add ${vm3} host:beta`,
    ['setRule', { destination: vm3, target: 'host:beta' }, null],
    `frames for ${vm3} go to host:beta`,
  ],
  [
    `rule add 52-54-00-00-00-03 drop -s ${vm1} --transit --host alpha`,
    ['setRule', { destination: vm3, source: vm1, target: 'drop', isTransit: true }, 'alpha'],
    `at alpha: frames from ${vm1} for ${vm3} go to drop`,
  ],
  [
    `rule remove ${vm3} --source ${vm1}`,
    ['removeRule', { destination: vm3, source: vm1 }, null],
    `rule for frames from ${vm1} for ${vm3} removed`,
  ],
  [`pin add ${vm3} beta`, ['setPin', { mac: vm3, host: 'beta' }], `${vm3} is accepted from beta`],
  [`pin remove ${vm3}`, ['removePin', vm3], `${vm3} is accepted from every host`],
  ['token remove abc', ['removeToken', 'abc'], 'token abc is useless now'],
  [
    'token create --ttl 15m --uses 2 --name alpha',
    ['createToken', { ttlSeconds: 900, uses: 2, name: 'alpha' }],
    'vnet join proxy.example.net:7707 vnet1.AbC',
  ],
  ['token create', ['createToken', {}], 'vnet join'],
  ['revoke gamma --yes', ['revoke', 'gamma'], 'host gamma is revoked'],
  ['reload', ['reload'], 'in force now: log.level'],
  ['audit -n 7', ['audit', 7], 'host-joined'],
] as const

describe('an act', () => {
  it.each(acts)('vnet %s', async (line, asked, said) => {
    const { status, stdout } = await run(line)
    expect(daemon.asked).toEqual([asked])
    expect(status).toBe(0)
    expect(stdout).toContain(said)
  })

  it.each(acts)('vnet %s --json answers with JSON', async (line) => {
    const { status, stdout } = await run(`${line} --json`)
    expect(status).toBe(0)
    JSON.parse(stdout)
  })

  it('that the network could not do fails with the reason', async () => {
    const { status, stderr } = await run('link remove alpha beta')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: no link alpha - beta: no way\ntry: .*vnet doctor/)
  })

  it('with one end only is refused at the proxy', async () => {
    const { status, stderr } = await run('link add alpha')
    expect(status).toBe(2)
    expect(stderr).toContain('vnet link add alpha OTHER')
    expect(daemon.asked).toEqual([])
  })

  it('with a wrong MAC address reaches no daemon', async () => {
    const { status, stdout } = await run('pin add 52:54 beta --json')
    expect(status).toBe(1)
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'mac-invalid' })
    expect(daemon.asked).toEqual([])
  })

  it("passes on the daemon's refusal, for people and for programs", async () => {
    const { status, stdout, stderr } = await run('revoke ghost --yes --json')
    expect(status).toBe(1)
    const error = {
      code: 'host-unknown',
      message: "there is no host 'ghost'",
      hint: 'see vnet hosts',
    }
    expect(JSON.parse(stdout)).toEqual({ error })
    expect(stderr).toBe("error: there is no host 'ghost'\ntry: see vnet hosts\n")
  })
})

describe('vnet ping', () => {
  it('shows each echo, the lost ones too, and a summary', async () => {
    const { status, stdout } = await run('ping alpha -c 3 -i 0.1')
    expect(status).toBe(0)
    expect(stdout).toBe(
      [
        'alpha: seq 1 time 1.5 ms by the proxy',
        'seq 2: no answer within 2000 ms',
        'alpha: seq 3 time 4.5 ms by the proxy',
        '',
        'alpha: 3 sent, 2 received, 33 % lost',
        'round trip min / mean / max: 1.5 ms / 3 ms / 4.5 ms',
        '',
      ].join('\n'),
    )
  })

  it('gives one JSON document a line', async () => {
    const { stdout } = await run('ping alpha -c 2 -i 0.1 --json')
    const [first, second, summary] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(first).toEqual({ host: 'alpha', sequence: 1, rttMs: 1.5, via: 'proxy' })
    expect(second).toMatchObject({ sequence: 2, error: { code: 'request-timeout' } })
    expect(summary).toEqual({ sent: 2, received: 1, minMs: 1.5, meanMs: 1.5, maxMs: 1.5 })
  })

  it('ends at once for a host that nobody knows', async () => {
    const { status, stderr } = await run('ping ghost')
    expect(status).toBe(1)
    expect(stderr).toContain("there is no host 'ghost'")
  })
})
