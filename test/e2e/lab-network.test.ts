// The network of a lab is as its topology says, without any daemon in it: what the firewall lets
// through and what not, NAT, and the delay of the WAN links.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attachLab, type Lab } from '../../src/lab/handle.ts'
import { labUp } from '../../src/lab/lab.ts'
import { createLabFolder, type LabFolder } from '../support/lab.ts'

const TOPOLOGY = `sites:
  home: { wan: { rate: 1gbit, delay: 20ms } }
  open: { wan: { rate: 1gbit, delay: 30ms } }
  guarded: { wan: { delay: 5ms }, firewall: outgoing-tcp }
  natted: { wan: { delay: 5ms }, nat: true }
  both: { firewall: outgoing-tcp, nat: true }
proxy: { site: home }
hosts:
  open1: { site: open }
  guarded1: { site: guarded }
  natted1: { site: natted }
  both1: { site: both }
`
const PORT = 7000
/** Answers with the address it was asked from, over TCP and UDP, until it is killed. */
const SERVER = `
  require('net').createServer((s) => s.end(s.remoteAddress)).listen(${PORT}, '0.0.0.0')
  const udp = require('dgram').createSocket('udp4')
  udp.on('message', (_, from) => udp.send(from.address, from.port, from.address))
  udp.bind(${PORT}, () => console.log('ready'))`
/** What a server answers, or why it does not. */
const ASK_TCP = `
  const s = require('net').connect(${PORT}, process.argv[1])
  s.on('data', (d) => process.stdout.write(d)); s.on('error', (e) => console.log(e.code))
  s.setTimeout(700, () => { console.log('silence'); s.destroy() })`
const ASK_UDP = `
  const s = require('dgram').createSocket('udp4')
  s.on('message', (m) => { console.log(String(m)); process.exit() })
  s.send('?', ${PORT}, process.argv[1])
  setTimeout(() => { console.log('silence'); s.close() }, 700)`
/** Durations of TCP connects in ms, one after the other. */
const TIME_TCP = `
  const times = []
  const next = () => {
    if (times.length === 15) return console.log(JSON.stringify(times))
    const start = performance.now()
    const s = require('net').connect(${PORT}, process.argv[1], () => {
      times.push(performance.now() - start); s.destroy(); next()
    })
  }
  next()`

let folder: LabFolder
let lab: Lab

beforeAll(async () => {
  folder = createLabFolder()
  await labUp(folder.write('net', TOPOLOGY), { isNetworkOnly: true })
  lab = attachLab('net')
  await Promise.all(lab.plan.daemons.map(({ name }) => serve(name)))
})
afterAll(async () => {
  await lab?.down()
  expect(folder.traces()).toEqual([])
  await folder.remove()
})

describe('TCP, UDP and ping', () => {
  // The address that the other end sees, or silence.
  test.each([
    ['open1', 'proxy', 'open1', 'open1', 'answer'],
    ['proxy', 'open1', 'proxy', 'proxy', 'answer'],
    ['guarded1', 'proxy', 'guarded1', 'silence', 'silence'],
    ['guarded1', 'open1', 'guarded1', 'silence', 'silence'],
    ['proxy', 'guarded1', 'silence', 'silence', 'silence'],
    ['open1', 'guarded1', 'silence', 'silence', 'silence'],
    ['natted1', 'proxy', 'gw-natted', 'gw-natted', 'answer'],
    ['proxy', 'gw-natted', 'ECONNREFUSED', 'silence', 'answer'],
    ['both1', 'proxy', 'gw-both', 'silence', 'silence'],
    ['proxy', 'gw-both', 'silence', 'silence', 'silence'],
  ])('%s to %s: %s, %s, %s', async (from, to, tcp, udp, ping) => {
    const address = addressOf(to)
    const answers = await Promise.all([
      script(from, ASK_TCP, address),
      script(from, ASK_UDP, address),
      lab.exec(from, ['ping', '-n', '-c', '1', '-W', '0.7', address]),
    ])
    const heard = [answers[0], answers[1], answers[2].status === 0 ? 'answer' : 'silence']
    expect(heard).toEqual([addressOf(tcp), addressOf(udp), ping])
  })

  test.each(['natted1', 'both1'])('nobody has a way to the private address of %s', async (host) => {
    expect(addressOf(host)).toMatch(/^192\.168\./)
    expect(await script('proxy', ASK_TCP, addressOf(host))).toBe('ENETUNREACH')
  })
})

describe('the delay of a way is the sum of its links, each way', () => {
  test.each([
    ['open1', 100],
    ['guarded1', 50],
    ['natted1', 50],
    ['both1', 40],
  ])('from %s to the proxy and back: %d ms', async (from, expectedMs) => {
    const times = JSON.parse(await script(from, TIME_TCP, addressOf('proxy'))) as number[]
    times.sort((x, y) => x - y)
    const medianMs = times[Math.floor(times.length / 2)] ?? 0
    expect(Math.abs(medianMs / expectedMs - 1)).toBeLessThan(0.05)
  })

  test('is changed, cut and joined while it runs', async () => {
    await lab.setWan('open', { delay: 5 })
    const times = JSON.parse(await script('open1', TIME_TCP, addressOf('proxy'))) as number[]
    expect(Math.min(...times) / 50).toBeGreaterThan(0.99)
    expect(Math.min(...times) / 50).toBeLessThan(1.05)
    await lab.cutWan('open')
    expect(await script('open1', ASK_TCP, addressOf('proxy'))).toBe('silence')
    await lab.joinWan('open')
    expect(await script('open1', ASK_TCP, addressOf('proxy'))).toBe(addressOf('open1'))
  })
})

test('when the emulator is gone, the lab is made anew', async () => {
  await lab.kill('emulator', 'SIGKILL')
  expect(await script('open1', ASK_TCP, addressOf('proxy'))).toMatch(/silence|UNREACH/)
  await labUp(`${folder.path}/net.yaml`, { isNetworkOnly: true })
  await serve('proxy')
  expect(await script('open1', ASK_TCP, addressOf('proxy'))).toBe(addressOf('open1'))
})

/** Address of a node on its way to the internet; any other word stays as it is. */
function addressOf(node: string): string {
  const sites = Object.keys(lab.topology.sites)
  const gateway = sites.find((site) => node === `gw-${site}`)
  if (gateway !== undefined) return `198.18.${sites.indexOf(gateway) + 1}.2`
  return lab.plan.daemons.find(({ name }) => name === node)?.address ?? node
}

async function script(node: string, program: string, address: string): Promise<string> {
  return (await lab.run(node, [process.execPath, '-e', program, address], 10_000)).trim()
}

async function serve(node: string): Promise<void> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const child = lab.spawn(node, [process.execPath, '-e', SERVER], { stdio: [...stdio] })
  await new Promise((resolve) => child.stdout?.once('data', resolve))
}
