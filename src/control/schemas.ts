// The bodies and queries of the admin API, checked before the daemon sees them.

import { z } from 'zod'
import { VnetError } from '../base/errors.ts'
import { isMacAddress, parseMac } from '../base/mac.ts'

export const mac = z.string().refine(isMacAddress, 'not a MAC address').transform(parseMac)
const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'not a name')
/** Numbers in a query are text. */
const lines = z.coerce.number().int().min(0).max(100_000)

export const ruleRequest = z.strictObject({
  destination: mac,
  source: mac.optional(),
  target: z.string().max(80).optional(),
  isTransit: z.boolean().optional(),
})
export const ruleQuery = z.strictObject({ host: name.optional() })
export const linkRequest = z.strictObject({
  a: name,
  b: name,
  transport: z.enum(['auto', 'tcp', 'udp']).exactOptional(),
})
export const pingRequest = z.strictObject({
  host: name,
  sequence: z.number().int().min(0).max(0xffff_ffff),
  payloadBytes: z.number().int().min(0).max(1_500).optional(),
  timeoutMs: z.number().int().min(1).max(60_000).optional(),
})
export const captureQuery = z
  .strictObject({
    port: z.string().max(80).optional(),
    link: z.string().max(80).optional(),
    snap: z.coerce.number().int().min(14).max(262_144).default(262_144),
  })
  .refine((query) => (query.port === undefined) !== (query.link === undefined), {
    message: 'give either port or link',
  })
export const logsQuery = z.strictObject({
  follow: z.enum(['0', '1', 'true', 'false', '']).optional(),
  lines: lines.default(100),
})
export const auditQuery = z.strictObject({ lines: lines.default(100) })
export const tokenRequest = z.strictObject({
  ttlSeconds: z.number().min(1).optional(),
  uses: z.number().int().min(1).optional(),
  name: name.optional(),
})
export const revokeRequest = z.strictObject({ host: name })
export const pinRequest = z.strictObject({ mac, host: name })
export const pinRemoval = z.strictObject({ mac })
export const historyQuery = z.strictObject({
  sinceMs: z.coerce.number().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
})
export const parameterRequest = z.strictObject({ value: z.number() })
/** Control characters would reach terminals of others. */
const guestName = z
  .string()
  .max(63)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._:-]*$|^$/u, 'not a name')
export const guestParameters = z.strictObject({ mac })
export const guestRequest = z.strictObject({ name: guestName })

/** @throws VnetError `request-invalid` with the first thing that is wrong. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const where = issue?.path.join('.') ?? ''
  const message = `${where === '' ? 'request' : where}: ${issue?.message ?? 'invalid'}`
  throw new VnetError('request-invalid', message)
}
