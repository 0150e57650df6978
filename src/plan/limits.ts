// How large a plan may be. A plan is read under stress by people; what is larger than this is generated, or hostile.

export const limits = {
  bytes: 256 * 1024,
  depth: 32,
  aliases: 50,
  /** Values after aliases are expanded. */
  nodes: 50_000,
  steps: 200,
  components: 100,
  phases: 50,
  targets: 256,
  checks: 100,
  triggers: 100,
  inputs: 100,
  scenarios: 100,
  severities: 100,
  secrets: 100,
  registries: 50,
  backups: 50,
  /** They are kept in the ledger for every rollback. */
  'follow-ups': 10,
  /** Findings that are reported; that there are more is said once. */
  findings: 200,
  /** Findings after which one stage of the linter stops looking. */
  enough: 300,
} as const;
