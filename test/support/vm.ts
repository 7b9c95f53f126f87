// A real virtual machine: QEMU with a tiny Linux (scripts/build-guest) on a TAP device of a
// namespace. Commands run in a shell on its serial port, so that the network that is tested carries
// nothing but the test.

import { execFile } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { arch } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { MacAddress } from '../../src/base/mac.ts'
import { type Namespace, until } from './netns.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const IMAGE = join(ROOT, 'build/guest')
/** As the guests have it: static, with nc. */
export const BUSYBOX = join(IMAGE, 'busybox')
const MEMORY_MB = 96
/** Emulated on a busy machine, with others that boot. */
const BOOT_TIMEOUT_MS = 60_000
/** Makes an emulated boot shorter. */
const KERNEL_WORDS =
  'console=ttyS0 quiet nokaslr mitigations=off tsc=reliable no_timer_check i8042.noaux ' +
  'i8042.nokbd cryptomgr.notests rcupdate.rcu_expedited=1'
/** A network card that has agreed to nothing: neither open checksums nor super-frames. */
const BARE =
  'csum=off,gso=off,host_tso4=off,host_tso6=off,host_ufo=off,mrg_rxbuf=off,' +
  'guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ufo=off'

export interface VmOptions {
  readonly name: string
  /** Where its TAP is; the device must be there, persistent and with virtio-net headers. */
  readonly namespace: Namespace
  readonly tap: string
  readonly mac: MacAddress
  /** With prefix length. */
  readonly address: string
  /** For its sockets. */
  readonly folder: string
  /** The card offers nothing but whole frames with checksums. */
  readonly isBare?: boolean
}

export interface Vm {
  readonly name: string
  readonly ip: string
  /** Runs a script in the guest's shell (busybox). @throws Error if its status is not 0. */
  run(script: string): Promise<string>
  close(): void
}

/** Makes the image that `startVm` boots, unless it is there. */
export async function buildGuest(): Promise<void> {
  await promisify(execFile)(join(ROOT, 'scripts/build-guest'))
}

/** Boots a virtual machine; its shell answers when this resolves. */
export async function startVm(options: VmOptions): Promise<Vm> {
  const { name, namespace, tap, mac, address, folder, isBare = false } = options
  const socketPath = join(folder, `${name}.shell`)
  const card = `virtio-net-pci,netdev=n0,mac=${mac}${isBare ? `,${BARE}` : ''}`
  const child = namespace.spawn(
    `qemu-system-${arch() === 'arm64' ? 'aarch64' : 'x86_64'}`,
    [
      ...['-machine', `${arch() === 'arm64' ? 'virt' : 'pc'},accel=tcg`, '-cpu', 'max'],
      ...['-m', String(MEMORY_MB), '-nodefaults', '-no-user-config', '-display', 'none'],
      ...['-kernel', join(IMAGE, 'vmlinuz'), '-initrd', join(IMAGE, 'initrd')],
      ...['-append', `${KERNEL_WORDS} guest.address=${address}`],
      ...['-serial', 'null', '-serial', `unix:${socketPath},server=on,wait=off`],
      ...['-netdev', `tap,id=n0,ifname=${tap},script=no,downscript=no`, '-device', card],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const shell = openShell(await until(() => connectTo(socketPath), { what: `QEMU of ${name}` }))
  // What is typed before the kernel has opened the port may be lost.
  await until(shell.isReady, { what: `the shell of ${name}`, timeoutMs: BOOT_TIMEOUT_MS })
  return {
    name,
    ip: address.split('/')[0] ?? '',
    run: (script) => shell.run(script),
    close: () => {
      shell.close()
      child.kill()
    },
  }
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** One command at a time; the mark that ends its output carries a number, so none is mixed up. */
function openShell(socket: Socket) {
  let text = ''
  let heard = () => {}
  socket.on('data', (part) => {
    text += part.toString()
    heard()
  })
  let last: Promise<unknown> = Promise.resolve()
  let count = 0
  const runNext = (script: string, timeoutMs: number) =>
    new Promise<string>((resolve, reject) => {
      count += 1
      const mark = new RegExp(`@@${count} (\\d+)@@\n`)
      const timer = setTimeout(() => {
        reject(new Error(`no answer within ${timeoutMs} ms to: ${script}; so far: ${text}`))
      }, timeoutMs)
      heard = () => {
        const found = mark.exec(text)
        if (found === null) return
        clearTimeout(timer)
        const output = text.slice(0, found.index)
        text = ''
        if (found[1] === '0') resolve(output)
        else reject(new Error(`status ${found[1]} of: ${script}; ${output}`))
      }
      socket.write(`( ${script} ); echo "@@${count} $?@@"\n`)
    })
  return {
    isReady: () => {
      if (!text.includes('ready')) return false
      text = ''
      return true
    },
    run: (script: string, timeoutMs = 30_000) => {
      const next = last.then(() => runNext(script, timeoutMs))
      last = next.catch(() => {})
      return next
    },
    close: () => socket.destroy(),
  }
}
