// The daemons as processes: start, readiness, reload, capture, metrics, clean end, and starts that
// must fail. Real programs on loopback; the TAP devices are in a namespace of their own.

import { type ChildProcess, execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AdminClient } from '../../src/control/client.ts'
import { createSandbox, type Namespace, type Sandbox, until } from '../support/netns.ts'

const VNET = fileURLToPath(new URL('../../bin/vnet', import.meta.url))
const PORT = 7707
const TIMEOUT_MS = 20_000

let sandbox: Sandbox
let place: Namespace
const children: ChildProcess[] = []

interface Started {
  readonly child: ChildProcess
  readonly admin: AdminClient
  readonly config: string
  readonly log: () => string
  readonly ended: Promise<number | null>
}

const pathOf = (file: string) => join(sandbox.folder, file)

/** Writes the file and starts the daemon; does not wait. */
function start(role: 'proxy' | 'host', name: string, more: object = {}, env = {}): Started {
  const config = pathOf(`${name}.yaml`)
  writeFileSync(config, settings(role, name, more))
  const child = place.spawn(VNET, [role, '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, VNET_NODE: process.execPath, ...env },
  })
  children.push(child)
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk
  })
  const ended = once(child, 'exit').then(([status]) => status as number | null)
  return { child, admin: new AdminClient(pathOf(`${name}.sock`)), config, log: () => log, ended }
}

function settings(role: 'proxy' | 'host', name: string, more: object): string {
  const way =
    role === 'proxy'
      ? { network: 'e2e', listen: { address: '127.0.0.1', port: PORT } }
      : { proxy: `127.0.0.1:${PORT}` }
  const admin = { socket: pathOf(`${name}.sock`) }
  return JSON.stringify({ name, state: pathOf(name), admin, ...way, ...more })
}

const isReady = ({ admin }: Started) =>
  until(async () => (await admin.status()).pid > 0, { what: 'the daemon', timeoutMs: TIMEOUT_MS })

const star = ({ admin }: Started) =>
  until(async () => (await admin.status()).star === 'up', {
    what: 'the star link',
    timeoutMs: TIMEOUT_MS,
  })

async function stop({ child, ended }: Started): Promise<number | null> {
  child.kill('SIGTERM')
  return ended
}

const tap = (name: string) => ({ name, kind: 'tap', device: `vnt${name}` })
let proxy: Started
let host: Started

beforeAll(async () => {
  sandbox = createSandbox('d')
  place = await sandbox.addNamespace('all')
  proxy = start('proxy', 'hub')
  await isReady(proxy)
  const { token } = await proxy.admin.createToken()
  await place.exec(
    ...[VNET, 'join', `127.0.0.1:${PORT}`, token, '--name', 'alpha', '--state', pathOf('alpha')],
  )
  host = start('host', 'alpha', { ports: [tap('p1')] })
  await isReady(host)
  await star(host)
})
afterAll(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await sandbox.close()
})

describe('reload', () => {
  const reload = (more: object) => {
    writeFileSync(host.config, settings('host', 'alpha', more))
    return host.admin.reload()
  }
  const starSinceMs = async () => (await host.admin.links())[0]?.sinceMs

  test('adds and removes ports and keeps the links', async () => {
    const sinceMs = await starSinceMs()
    expect(await reload({ ports: [tap('p1'), tap('p2')], log: { level: 'debug' } })).toEqual({
      changed: ['log.level', 'ports'],
      restartNeeded: [],
      failed: [],
    })
    expect((await host.admin.ports()).map((port) => port.name)).toEqual(['p1', 'p2'])
    expect(await reload({ ports: [tap('p1')] })).toMatchObject({ changed: ['log.level', 'ports'] })
    expect((await host.admin.ports()).map((port) => port.name)).toEqual(['p1'])
    await expect(place.exec('ip', 'link', 'show', 'vntp2')).rejects.toThrow(/does not exist/)
    expect(await starSinceMs()).toBe(sinceMs)
  })

  test('names what needs a restart, every time', async () => {
    for (let time = 0; time < 2; time++) {
      const result = await reload({ ports: [tap('p1')], workers: 3 })
      expect(result).toEqual({ changed: [], restartNeeded: ['workers'], failed: [] })
    }
  })

  test('a port that cannot be opened is named and tried again', async () => {
    const bad = { name: 'bad', kind: 'pcap', device: 'nothere0' }
    for (let time = 0; time < 2; time++) {
      const result = await reload({ ports: [tap('p1'), bad] })
      expect(result).toMatchObject({ changed: ['ports'], failed: ['bad'] })
    }
    expect((await reload({ ports: [tap('p1')] })).failed).toEqual([])
  })

  test('opens a port again whose device was removed', async () => {
    await place.exec('ip', 'link', 'delete', 'vntp1')
    const state = async () => (await host.admin.ports())[0]?.state
    await until(async () => (await state()) === 'down', { what: 'the port is down' })
    expect(await reload({ ports: [tap('p1')] })).toMatchObject({ changed: ['ports'], failed: [] })
    expect(await state()).toBe('up')
    await place.exec('ip', 'link', 'show', 'vntp1')
  })

  test('a wrong file changes nothing and is told, by API and by SIGHUP', async () => {
    await expect(reload({ prots: [] })).rejects.toMatchObject({ code: 'config-unknown-key' })
    host.child.kill('SIGHUP')
    await until(async () => host.log().includes('not reloaded'), { what: 'the log' })
    expect(host.log()).toContain("did you mean 'ports'?")
    expect((await host.admin.ports()).map((port) => port.name)).toEqual(['p1'])
    writeFileSync(host.config, settings('host', 'alpha', { ports: [tap('p1')] }))
  })

  test('switches metrics on and off', async () => {
    const listen = '127.0.0.1:9707'
    await reload({ ports: [tap('p1')], metrics: { listen } })
    const stdout = await place.exec('curl', '-sf', `http://${listen}/metrics`)
    expect(stdout).toContain('vnet_star_up 1')
    await reload({ ports: [tap('p1')] })
    await expect(place.exec('curl', '-sf', `http://${listen}/metrics`)).rejects.toThrow()
  })
})

test('a capture is a pcap file with the frames of the port', async () => {
  await place.exec('ip', 'address', 'add', '10.98.0.1/24', 'dev', 'vntp1')
  await place.exec('ip', 'link', 'set', 'vntp1', 'up')
  const stream = await host.admin.capture({ port: 'p1' })
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  place.exec('ping', '-c1', '-W1', '10.98.0.2').catch(() => {}) // nobody answers
  await until(async () => Buffer.concat(chunks).length > 24 + 16 + 42, { what: 'an ARP request' })
  stream.destroy()
  writeFileSync(pathOf('c.pcap'), Buffer.concat(chunks))
  const text = execFileSync('tcpdump', ['-nr', pathOf('c.pcap')], { stdio: 'pipe' }).toString()
  expect(text).toContain('who-has 10.98.0.2')
})

describe('end and return', () => {
  test('SIGTERM says goodbye, takes devices and socket away, and ends with 0', async () => {
    expect(await stop(host)).toBe(0)
    expect(existsSync(pathOf('alpha.sock'))).toBe(false)
    await expect(place.exec('ip', 'link', 'show', 'vntp1')).rejects.toThrow(/does not exist/)
    await until(async () => proxy.log().includes("host 'alpha' shuts down"), { what: 'Goodbye' })
    host = start('host', 'alpha', { ports: [tap('p1')] })
    await star(host)
  })

  test('kill -9 leaves a socket that the next start replaces', async () => {
    host.child.kill('SIGKILL')
    await host.ended
    expect(existsSync(pathOf('alpha.sock'))).toBe(true)
    host = start('host', 'alpha', { ports: [tap('p1')] })
    await star(host)
  })

  test('tells systemd what it does, and beats', async () => {
    await stop(host)
    const path = pathOf('notify')
    const said: string[] = []
    const { socket, close } = await listenForStates(path, said)
    host = start('host', 'alpha', {}, { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000' })
    await until(async () => said.some((state) => state.startsWith('READY=1')), { what: 'READY' })
    await until(async () => said.includes('WATCHDOG=1'), { what: 'a beat' })
    host.child.kill('SIGHUP')
    await until(async () => said.some((state) => state.startsWith('RELOADING=1')), {
      what: 'RELOADING',
    })
    expect(await stop(host)).toBe(0)
    await until(async () => said.includes('STOPPING=1'), { what: 'STOPPING' })
    close()
  })
})

describe('starts that fail', () => {
  const outcome = async (started: Started) => ({ status: await started.ended, log: started.log() })

  test('a wrong file: all problems with their lines, before anything is touched', async () => {
    const config = { ports: [tap('x')], levle: 1 }
    const { status, log } = await outcome(start('host', 'wrong', config))
    expect(status).not.toBe(0)
    expect(log).toMatch(/wrong\.yaml:1: levle: unknown key/)
    await expect(place.exec('ip', 'link', 'show', 'vntx')).rejects.toThrow(/does not exist/)
  })

  test('no identity yet', async () => {
    const { status, log } = await outcome(start('host', 'stranger'))
    expect(status).not.toBe(0)
    expect(log).toContain('vnet join')
  })

  test('the address is taken, the socket is taken', async () => {
    const busy = await outcome(start('proxy', 'other'))
    expect(busy.status).not.toBe(0)
    expect(busy.log).toContain('cannot listen on')
    expect(existsSync(pathOf('other.sock'))).toBe(false)
    const admin = { socket: pathOf('hub.sock') }
    const second = await outcome(start('proxy', 'third', { admin, listen: { port: 7777 } }))
    expect(second.log).toContain('another daemon answers')
    expect((await proxy.admin.status()).name).toBe('hub')
  })

  test('a port that is not there', async () => {
    const { token } = await proxy.admin.createToken()
    const state = pathOf('gamma')
    await place.exec(
      ...[VNET, 'join', `127.0.0.1:${PORT}`, token, '--name', 'gamma', '--state', state],
    )
    const ports = [tap('g1'), { name: 'bad', kind: 'pcap', device: 'nothere0' }]
    const { status, log } = await outcome(start('host', 'gamma', { ports }))
    expect(status).not.toBe(0)
    expect(log).toContain('nothere0')
    await expect(place.exec('ip', 'link', 'show', 'vntg1')).rejects.toThrow(/does not exist/)
  })
})

test('the log file is the one that a rotation leaves', async () => {
  const file = pathOf('alpha.log')
  const started = start('host', 'alpha', { log: { file } })
  await isReady(started)
  execFileSync('mv', [file, `${file}.1`])
  started.child.kill('SIGHUP')
  await until(async () => existsSync(file) && readFileSync(file, 'utf8').includes('reloaded'), {
    what: 'the new log',
  })
  expect(await stop(started)).toBe(0)
})

/** A systemd-like listener: Node has no unix datagram sockets, so socat hands them on by UDP. */
async function listenForStates(path: string, said: string[]) {
  const receiver = createSocket('udp4')
  receiver.on('message', (message) => said.push(message.toString()))
  await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve))
  const relay = sandbox
    .here()
    .spawn('socat', [
      '-u',
      `UNIX-RECVFROM:${path},fork`,
      `UDP4-SENDTO:127.0.0.1:${receiver.address().port}`,
    ])
  await until(async () => existsSync(path), { what: 'the notify socket' })
  const close = () => {
    relay.kill()
    receiver.close()
  }
  return { socket: path, close }
}
