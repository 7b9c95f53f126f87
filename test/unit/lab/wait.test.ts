// Waiting ends with the answer, with the reason to give up, or with its time.

import { expect, it } from 'vitest'
import { waitFor } from '../../../src/lab/wait.ts'

const never = () => undefined

it('asks until there is an answer; errors are no answer', async () => {
  let count = 0
  const question = () => {
    count += 1
    if (count === 1) throw new Error('not yet')
    return count === 3 ? 'there' : undefined
  }
  expect(await waitFor('it', question, { timeoutMs: 5_000 })).toBe('there')
})

it('says at the end what it waited for, and why in vain', async () => {
  const question = () => {
    throw new Error('nobody home')
  }
  await expect(waitFor('the door', question, { timeoutMs: 50 })).rejects.toThrow(
    'waited 50 ms in vain for the door: nobody home',
  )
})

it('gives up for a reason, and sooner for an interruption', async () => {
  const giveUp = () => new Error('it died')
  await expect(waitFor('it', never, { timeoutMs: 5_000, giveUp })).rejects.toThrow('it died')
  const controller = new AbortController()
  const killed = () => {
    setImmediate(() => controller.abort(new Error('interrupted')))
    return new Error('it died')
  }
  const options = { timeoutMs: 5_000, giveUp: killed, signal: controller.signal }
  await expect(waitFor('it', never, options)).rejects.toThrow('interrupted')
})
