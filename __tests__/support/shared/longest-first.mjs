// The order of the suites: those known to take longest first, so that no worker is left alone with one at the end. Where
// jest remembers times of an earlier run it sorts by them itself; in CI it remembers nothing.

import { createRequire } from 'node:module';

// It comes with jest, and only jest depends on it.
const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

const longest = [
  'e2e/ledger',
  'e2e/silent',
  'e2e/kill-matrix',
  'e2e/preflight',
  'components/workload',
  'e2e/rollback',
  'e2e/resume',
  'e2e/decide',
  'e2e/workflow-watch',
  'components/helm-release',
  'e2e/verify',
  'e2e/publish-through-action',
  'e2e/trusted-plan',
  'e2e/publish-pull-request',
  'e2e/record-from-journals',
  'examples/demo',
  'tools/cluster',
  'e2e/api-faults',
  'e2e/preflight-content',
  'e2e/workflows',
  'e2e/steps',
  'init/init',
  'e2e/histories',
  'e2e/drill',
  'e2e/second-press',
  'e2e/publish',
  'e2e/watched-no-rollback',
  'e2e/publish-no-pull-request',
  'e2e/workflow-records',
  'state/lock',
  'e2e/watched-bad-deploys',
  'components/helm-release-traps',
  'e2e/captured',
  'components/config-tag-restart',
  'components/config-tag',
  'examples/status-page',
  'examples/shop',
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
