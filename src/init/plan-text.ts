// Writes a drafted plan as the file that a stranger reads: every section with a sentence on what it is for, and what
// nobody can know from a cluster as a comment that says what to write. Pure.

import { afterwardsText, alertText } from './afterwards-text.ts';
import { otherRulesText, rulesSeverityText, triggersText } from './auto-rollback-text.ts';
import type { Draft, DraftComponent, DraftRollout } from './draft.ts';
import { drillText } from './drill-text.ts';
import type { Source } from './inventory.ts';
import { comment, scalar, switchedOff, visible } from './yaml-text.ts';

/** What can be switched on in a generated plan, as it looks without the comment signs. */
export const httpExample: readonly string[] = [
  '- name: users are served',
  '  uses: http',
  '  with: { url: https://shop.example/health, expect: { status: 200 } }',
];

export const severitiesExample: readonly string[] = [
  'severities:',
  '  P0: { recover-within: 15m, description: Nobody can order. }',
  '  P1: { recover-within: 1h, description: Orders fail for some. }',
];

export const targetsExample: readonly string[] = [
  'targets:',
  '  production: { namespace: shop, environment: production }',
];

export const environmentExample = 'environment: production';

export const recordsExample: readonly string[] = [
  'records: { incidents: incidents/, publish: pull-request }',
];

/** The whole file, with a line break at its end. */
export function planText(draft: Draft): string {
  const sections = [
    head(draft),
    [
      'version: 1',
      ...comment('What is rolled back, as records call it.'),
      `service: ${scalar(draft.service)}`,
    ],
    targetsText(draft),
    componentsText(draft),
    verifyText(draft),
    draft.rules === undefined ? alertText(draft) : triggersText(draft.rules),
    severitiesText(draft),
    ...(draft.rules === undefined ? [] : otherRulesText(draft.rules, draft.components)),
    recordsText(draft),
    afterwardsText(draft),
    drillText(draft),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function head({ service, source }: Draft): readonly string[] {
  return [
    ...comment(
      `The rollback plan of ${service}. \`rollback-plan init\` wrote it from ${describeSource(source)}.`,
    ),
    ...comment(
      'It is yours now: nothing writes it again. Every key: docs/plan-reference.md of Rollback Plan.',
    ),
  ];
}

/** `namespace shop of context prod`, for the plan and for the terminal. */
export function describeSource(source: Source): string {
  if (source.type === 'charts')
    return source.folder === '.' ? 'the charts in this repository' : `the charts below ${source.folder}`;
  return `namespace ${source.namespace} of ${source.context === undefined ? 'the cluster it ran in' : `context ${source.context}`}`;
}

function targetsText({ target }: Draft): readonly string[] {
  const { name, context, namespace, contextUnwritable } = target;
  const what = comment(
    'Where it acts. A run acts on one target; another cluster or namespace is another one.',
  );
  if (context === undefined && namespace === undefined) {
    return [
      ...what,
      ...comment('Without this section it is the current context of the kubeconfig, and its namespace.'),
      ...switchedOff(targetsExample),
    ];
  }
  const contextLines =
    context === undefined
      ? comment(
          contextUnwritable
            ? 'The name of the context has no form in a plan, so the current one is meant.'
            : 'Without `context:` the current one of the kubeconfig is meant.',
          4,
        )
      : [
          ...comment(
            'The kubeconfig of the job needs a context of this name. Delete the line if its current one is meant.',
            4,
          ),
          `    context: ${scalar(context)}`,
        ];
  return [
    ...what,
    'targets:',
    `  ${scalar(name)}:`,
    ...contextLines,
    ...(namespace === undefined
      ? comment('Without `namespace:` the one of the context is meant.', 4)
      : [`    namespace: ${scalar(namespace)}`]),
    ...comment('The GitHub environment whose rules guard this target:', 4),
    ...switchedOff([environmentExample], 4),
  ];
}

function componentsText({ components, source, leftOut }: Draft): readonly string[] {
  const order =
    components.length > 1
      ? comment('What has versions. They go back in this order: put first what the others need.')
      : comment('What has versions.');
  const check =
    source.type === 'charts'
      ? comment(
          'CHECK: no cluster was read. Each release is named as its chart; compare with `helm list --all-namespaces`.',
        )
      : [];
  return [
    ...order,
    ...check,
    'components:',
    ...components.map((component) => `  ${scalar(component.name)}: ${componentText(component)}`),
    ...leftOut.flatMap((line) => comment(`Not here: ${line}.`, 2)),
  ];
}

function componentText(component: DraftComponent): string {
  if (component.type === 'workload') {
    return `{ uses: workload, with: { name: ${scalar(component.workload)} } }`;
  }
  const from = component.chartFolder === undefined ? '' : ` # ${visible(component.chartFolder)}`;
  return `{ uses: helm-release, with: { release: ${scalar(component.release)} } }${from}`;
}

function verifyText({ rollouts, newWorkloads, unmeasured }: Draft): readonly string[] {
  const [first] = rollouts;
  const intro = comment(
    'What has to be true before a rollback is called good, and what is watched after a deploy.',
  );
  const unknown = unmeasured.flatMap((line) => comment(`Not measured: ${line}.`, 2));
  if (first === undefined) {
    return [
      ...intro,
      'verify:',
      ...unknown,
      ...comment(
        'CHANGE THIS: the address is made up, and the check fails until it is one at which your users are served.',
        2,
      ),
      ...httpExample.map((line) => `  ${line}`),
    ];
  }
  return [
    ...intro,
    'verify:',
    ...rollouts.flatMap(rolloutText),
    ...unknown,
    ...newWorkloads.flatMap((workload) =>
      comment(
        `${workload} came with the newest revision and is gone after a rollback. Add it once an older one has it, too.`,
        2,
      ),
    ),
    ...comment('Ready pods are not yet users who are served. Ask what they ask, with your address:', 2),
    ...switchedOff(httpExample, 2),
  ];
}

function rolloutText({ namespace, pods, workloads }: DraftRollout): readonly string[] {
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  return [
    ...(pods === 'none'
      ? comment('Scaled to zero now. `ready` accepts that; delete the line where pods are expected.', 2)
      : []),
    `  - name: ${scalar(`${pods === 'none' ? 'what is scaled to zero is rolled out' : 'the workloads are rolled out'}${where}`)}`,
    '    uses: rollout',
    '    with:',
    ...(namespace === undefined ? [] : [`      namespace: ${scalar(namespace)}`]),
    '      workload:',
    ...workloads.map((workload) => `        - ${scalar(workload)}`),
    ...(pods === 'none' ? ["      ready: '>= 0'"] : []),
  ];
}

function severitiesText({ rules }: Draft): readonly string[] {
  if (rules !== undefined) return rulesSeverityText(rules, severitiesExample);
  return [
    ...comment(
      'How bad it is, in your own words. Whoever presses the button may name one; the record compares the time it took.',
    ),
    ...switchedOff(severitiesExample),
  ];
}

function recordsText({ callers }: Draft): readonly string[] {
  const intro = comment(
    'Where incident records go. A pull request needs `contents: write` and `pull-requests: write` in the job that records, and in the repository’s settings “Allow GitHub Actions to create and approve pull requests”.',
  );
  return callers.length > 0
    ? [...intro, ...recordsExample]
    : [
        ...intro,
        ...comment('Without this section they stay in the run: in its summary and its files.'),
        ...switchedOff(recordsExample),
      ];
}
