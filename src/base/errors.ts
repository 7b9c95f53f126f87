// The one error class that users may meet: a stable code, what happened, and what to do about it.
// Bugs are asserted (node:assert) and not wrapped in this class.

export interface VnetErrorOptions {
  /** What the reader can do about it, one sentence without a full stop. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * A failure of the world or of the input. `code` is stable and machine-readable
 * (`config-unknown-key`, `token-expired`); `message` says what and why; `hint` what to do.
 */
export class VnetError extends Error {
  readonly code: string
  readonly hint: string | undefined

  constructor(code: string, message: string, options: VnetErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'VnetError'
    this.code = code
    this.hint = options.hint
  }
}

/** Ends an exhaustive `switch`: a compile error where a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
