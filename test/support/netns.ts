// What end-to-end tests need around the programs under test, shared with the benchmarks: network
// namespaces that clean up after themselves, and waiting for a condition instead of sleeping.

export { createSandbox, type Namespace, type Sandbox, type VethEnd } from '../../bench/netns.ts'
export { until } from '../../bench/wait.ts'
