// Fuzzers with a new seed each time, some 25 s in all; a failure prints the seed. The long run is
// scripts/fuzz-control.

import { expect, test } from 'vitest'
import { fuzzCapture, fuzzControl, fuzzFraming } from '../support/fuzz.ts'

const seed = Date.now() % 0x7fffffff

test(`1,000,000 inputs to the control-message decoder (seed ${seed})`, () => {
  const { accepted, refused } = fuzzControl({ inputs: 1_000_000, seed })
  // Both ways are trodden, or the fuzzer tests nothing.
  expect(accepted).toBeGreaterThan(10_000)
  expect(refused).toBeGreaterThan(10_000)
})

test(`1,000,000 inputs to the frame decoder (seed ${seed})`, () => {
  const { accepted, refused } = fuzzFraming({ inputs: 1_000_000, seed })
  expect(accepted).toBeGreaterThan(10_000)
  expect(refused).toBeGreaterThan(10_000)
})

test(`300,000 capture files to the reader (seed ${seed})`, () => {
  const { accepted, refused } = fuzzCapture({ inputs: 300_000, seed })
  expect(accepted).toBeGreaterThan(10_000)
  expect(refused).toBeGreaterThan(10_000)
})
