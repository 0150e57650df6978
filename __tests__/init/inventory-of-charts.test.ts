// Charts in a repository: which of them become releases, under which name, and what of them can be measured.

import { expect, test } from '@jest/globals';
import { inventoryOfCharts, readCharts } from '../../src/init/inventory-of-charts.ts';
import { describeWorkload } from '../../src/values/workload-reference.ts';

test('each chart that can be installed is a release of its name; the others are named with the reason', () => {
  const chart = (folder: string, text: string): { folder: string; text: string } => ({ folder, text });
  const { charts, leftOut } = readCharts([
    chart('charts/api', 'name: api\nversion: 1.0.0\n'),
    chart('charts/Web_Front', 'name: Web_Front\ntype: application\n'),
    chart('charts/common', 'name: common\ntype: library\n'),
    chart('legacy/api', 'name: api\n'),
    chart('broken', 'name: [\n'),
    chart('nameless', 'version: 1\n'),
    chart('number', 'name: 1e3\n'),
    chart('text', `name: '1e3'\n`),
  ]);
  expect(charts).toEqual([
    { folder: 'charts/api', release: 'api' },
    { folder: 'charts/Web_Front', release: 'web-front' },
    { folder: 'text', release: '1e3' },
  ]);
  expect(leftOut.map((line) => line.replace(/YAML: .*/, 'YAML: …'))).toEqual([
    'charts/common/Chart.yaml: a library chart is never installed',
    'legacy/api/Chart.yaml: charts/api has a chart of that name, too',
    'broken/Chart.yaml: it is no YAML: …',
    'nameless/Chart.yaml: it names no chart',
    'number/Chart.yaml: it names no chart',
  ]);
});

test('what Helm renders is measured, and what it can’t render is said', () => {
  const manifest = 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: db }\nspec: { replicas: 1 }\n';
  const { releases, unmeasured } = inventoryOfCharts({
    source: { type: 'charts', folder: '.', context: undefined, namespace: undefined, because: 'a test' },
    charts: readCharts([
      { folder: 'db', text: 'name: db' },
      { folder: 'api', text: 'name: api' },
    ]),
    rendered: new Map([
      ['db', { manifest }],
      ['api', { problem: 'found in Chart.yaml, but missing in charts/ directory: redis' }],
    ]),
  });
  expect(
    releases.map(({ workloads }) => workloads.map(({ reference }) => describeWorkload(reference))),
  ).toEqual([['statefulset/db'], []]);
  expect(unmeasured).toEqual([
    'api: helm could not render it: found in Chart.yaml, but missing in charts/ directory: redis',
  ]);
});
