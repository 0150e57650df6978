// The journal of a dry run: steps planned, nothing started.

import {
  api,
  config,
  gates,
  helm,
  journal,
  maintenanceOff,
  maintenanceOn,
  pinned,
  reopen,
  started,
  stop,
  undo,
  worker,
} from './journal-parts.ts';

const diff = `--- live/Deployment/checkout
+++ revision 7
@@ spec.template.spec.containers[0] @@
-        image: registry.example/checkout/api:2.2.0
+        image: registry.example/checkout/api:2.1.0
@@ spec.template.spec.containers[0].env @@
-        - name: PRICING_V2
-          value: "true"
`;

export const planned = journal([
  [0, started({ dryRun: true })],
  ...gates,
  [900, pinned],
  [
    1_100,
    {
      type: 'step-planned',
      ...stop,
      operations: [maintenanceOn],
      notes: [],
      outputs: [],
    },
  ],
  [
    1_300,
    {
      type: 'step-planned',
      ...api,
      operations: [helm],
      preview: diff,
      notes: ['2 hooks of revision 7 will run: migrate-down, warm-cache'],
      outputs: ['revision'],
    },
  ],
  [
    1_400,
    {
      type: 'step-planned',
      ...worker,
      operations: [
        undo,
        {
          id: 'status',
          title: 'wait for deployment/worker',
          shown: 'kubectl rollout status deployment/worker --timeout=120s --context eu-1 --namespace shop',
          mutates: false,
        },
      ],
      preview: '-        image: worker:2.2.0\n+        image: worker:2.1.0\n',
      notes: [],
      outputs: [],
    },
  ],
  [
    1_450,
    { type: 'step-planned', ...config, operations: [], notes: [], outputs: [], skipped: 'already at v14' },
  ],
  [1_500, { type: 'step-planned', ...reopen, operations: [maintenanceOff], notes: [], outputs: [] }],
  [1_600, { type: 'run-finished', outcome: 'planned', durationMs: 1_600 }],
]);
