// Real virtual machines on the overlay: QEMU with virtio-net cards that agreed to super-frames and
// open checksums, and with cards that did not, behind a bridge and behind a packet port. What
// arrives is right by every way, and nobody gets what he did not agree to.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseMac } from '../../src/base/mac.ts'
import { type FastPathNetwork, type MorePorts, startFastPathNetwork } from '../support/fast-path.ts'
import { type Namespace, type Sandbox, until } from '../support/netns.ts'
import { BUSYBOX, buildGuest, startVm, type Vm } from '../support/vm.ts'

const BYTES = 4_000_000
const FRAME_BYTES_MAX = 1_514
const TAP = 'tap0'

interface Plan {
  readonly name: string
  readonly behind: 'bridge' | 'packet port'
  readonly isBare: boolean
}
const PLANS: readonly Plan[] = [
  { name: 'taker', behind: 'bridge', isBare: false },
  { name: 'bare', behind: 'bridge', isBare: true },
  { name: 'caught', behind: 'packet port', isBare: false },
  { name: 'caught-bare', behind: 'packet port', isBare: true },
]
const macOf = (plan: Plan) => parseMac(`02:00:00:00:02:0${PLANS.indexOf(plan) + 1}`)

let network: FastPathNetwork
let folder: string
const places = new Map<string, { namespace: Namespace; tap: string }>()
const vms = new Map<string, Vm>()

beforeAll(async () => {
  await buildGuest()
  const morePorts: MorePorts = async (sandbox, beta) => {
    folder = sandbox.folder
    return Promise.all(PLANS.map((plan) => addPort(plan, sandbox, beta)))
  }
  network = await startFastPathNetwork({ morePorts })
  await writeFile(join(folder, 'sent'), randomText(BYTES))
  await Promise.all(
    PLANS.map(async (plan) => {
      const { name, isBare } = plan
      const place = places.get(name)
      if (place === undefined) throw new Error(`no place for ${name}`)
      if (plan.behind === 'bridge') await place.namespace.ip('link set eth0 up master br0')
      const address = `10.77.0.5${PLANS.indexOf(plan)}/24`
      const options = { name, ...place, mac: macOf(plan), address, folder, isBare }
      vms.set(name, await startVm(options))
    }),
  )
})
afterAll(async () => {
  for (const vm of vms.values()) vm.close()
  await network?.close()
})

describe.for(['star', 'tcp', 'udp'] as const)('by %s', (way) => {
  beforeAll(async () => {
    if (way === 'star') return
    await network.addLink(way)
    for (const plan of PLANS) {
      await network.alpha.admin.setRule({ destination: macOf(plan), target: 'host:beta' })
    }
    await network.untilBy(way)
  })

  test.for(PLANS)('$name, behind a $behind', async ({ name, isBare }) => {
    const vm = vms.get(name)
    if (vm === undefined) throw new Error(`${name} does not run`)
    const before = await countersOf(vm)

    const received = vm.run('nc -l -p 5000 | sha256sum')
    await until(() => sendTo(vm.ip), { what: `a connection to ${name}`, timeoutMs: 20_000 })
    expect(await received).toContain(await shaOf(join(folder, 'sent')))

    const after = await countersOf(vm)
    const of = (key: string) => (after[key] ?? Number.NaN) - (before[key] ?? Number.NaN)
    const wrong = { InErrs: 0, InCsumErrors: 0, rx_errors: 0, rx_length_errors: 0 }
    expect({
      InErrs: of('InErrs'),
      InCsumErrors: of('InCsumErrors'),
      rx_errors: of('rx_errors'),
      rx_length_errors: of('rx_length_errors'),
    }).toEqual(wrong)
    const meanFrameBytes = of('rx_bytes') / of('rx_packets')
    if (isBare) expect(meanFrameBytes).toBeLessThanOrEqual(FRAME_BYTES_MAX)
    else expect(meanFrameBytes).toBeGreaterThan(2 * FRAME_BYTES_MAX)

    const back = join(folder, 'back')
    const listener = await listen(back)
    await vm.run(`dd if=/dev/urandom of=/tmp/data bs=1M count=4 2>/dev/null
      nc ${network.alpha.guest.ip} 5001 < /tmp/data`)
    await listener.over
    expect(await vm.run('sha256sum < /tmp/data')).toContain(await shaOf(back))
  })
})

/** The device, persistent, so that the port can be opened before QEMU runs. */
async function addPort({ name, behind }: Plan, sandbox: Sandbox, beta: Namespace) {
  const isBridged = behind === 'bridge'
  const namespace = isBridged ? await sandbox.addNamespace(`${name}-sw`) : beta
  const tap = isBridged ? TAP : `${TAP}-${name}`.slice(0, 15)
  await namespace.ip(`tuntap add dev ${tap} mode tap vnet_hdr`)
  await namespace.ip(`link set ${tap} up`)
  places.set(name, { namespace, tap })
  if (!isBridged) return { name, kind: 'pcap', device: tap }
  await sandbox.addBridge(namespace, 'br0')
  await namespace.ip(`link set ${tap} master br0`)
  return { name, kind: 'tap', device: 'eth0', netns: namespace.path }
}

/** From alpha's guest; false: nobody listens yet. */
async function sendTo(ip: string): Promise<boolean> {
  const { exec } = network.alpha.guest
  await exec('sh', '-c', `${BUSYBOX} nc -w 2 ${ip} 5000 < ${join(folder, 'sent')}`)
  return true
}

/** Alpha's guest listens when this resolves to what resolves once a connection is over. */
async function listen(file: string): Promise<{ readonly over: Promise<unknown> }> {
  const { exec, spawn } = network.alpha.guest
  const child = spawn('sh', ['-c', `exec ${BUSYBOX} nc -l -p 5001 > ${file}`])
  const over = once(child, 'exit')
  await until(async () => (await exec('ss', '-Hltn')).includes(':5001 '), { what: 'the listener' })
  return { over }
}

/** TCP's counters and those of the card, as the guest sees them. */
async function countersOf(vm: Vm): Promise<Record<string, number>> {
  const text = await vm.run(`grep ^Tcp: /proc/net/snmp
    cd /sys/class/net/eth0/statistics && grep . rx_packets rx_bytes rx_errors rx_length_errors`)
  const [names = '', values = '', ...card] = text.trim().split('\n')
  const tcp = names.split(' ').map((name, at) => [name, Number(values.split(' ')[at])] as const)
  const rest = card.map((line) => line.trim().split(':'))
  return Object.fromEntries([...tcp, ...rest.map(([name = '', count]) => [name, Number(count)])])
}

const shaOf = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex')

function randomText(bytes: number): Buffer {
  const block = createHash('sha512')
  const parts: Buffer[] = []
  for (let at = 0; at < bytes; at += 64) parts.push(block.copy().update(String(at)).digest())
  return Buffer.concat(parts).subarray(0, bytes)
}
