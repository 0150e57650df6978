// The order of the suites: those known to take longest first, so that no worker is left alone with one at the end. Where
// jest remembers times of an earlier run it sorts by them itself; in CI it remembers nothing.

import { createRequire } from 'node:module';

// It comes with jest, and only jest depends on it.
const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

const longest = [
  'e2e/ledger',
  'e2e/kill-matrix',
  'e2e/decide',
  'e2e/watched-bad-deploys',
  'e2e/watched-quiet',
  'e2e/preflight',
  'e2e/resume',
  'e2e/histories',
  'e2e/heartbeat',
  'e2e/preflight-content',
  'e2e/rollback',
  'components/workload',
  'components/workload-refused',
  'e2e/publish-pull-request',
  'components/helm-release',
  'e2e/second-press',
  'components/config-tag',
  'e2e/verify',
  'e2e/trusted-plan',
  'e2e/drill',
  'e2e/steps',
  'e2e/workflow-watch',
  'e2e/workflows',
  'examples/demo',
  'components/helm-release-traps',
  'e2e/record-from-journals',
  'init/init',
  'e2e/workflow-records',
  'tools/cluster',
].map((name) => `__tests__/${name}.e2e.test.ts`);

export default class LongestFirst extends Sequencer {
  /** @param {import('@jest/test-result').Test[]} tests */
  sort(tests) {
    const rank = ({ path }) => {
      const place = longest.findIndex((name) => path.endsWith(name));
      return place === -1 ? longest.length : place;
    };
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
}
