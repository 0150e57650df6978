// The drill section of a generated plan: live where the cluster knows a version that was bad, else what to write. Pure.

import { drillLabel } from '../values/drill-label.ts';
import { shellQuote } from '../values/shell-quote.ts';
import { testedComment, testedLines } from './auto-rollback-text.ts';
import type { Draft, DraftComponent } from './draft.ts';
import type { KnownBad } from './inventory.ts';
import { comment, scalar, switchedOff } from './yaml-text.ts';

const whatItIs =
  'The rehearsal: put out a version that is known to be bad, and prove that the checks notice it and that this plan takes it back.';

export function drillText(draft: Draft): readonly string[] {
  const known = draft.knownBad;
  const [newest] = known;
  const tested = draft.rules?.content.safety_checks.verify_rollback_tested === true;
  const guard = [
    ...comment(
      'It only runs in a namespace that its owner has labelled for it. Label one that may break for some minutes:',
    ),
    `#   ${labelCommand(draft)}`,
    ...comment(
      'To rehearse in another place than the one above, add that as a second target and name it here with `target:`.',
    ),
  ];
  if (newest === undefined) {
    return [
      ...comment(whatItIs),
      ...guard,
      ...comment(
        'No version that is known to be bad was found. Keep one in this repository, as a chart and the values that break it, and switch this on:',
      ),
      ...switchedOff(drillExample(draft.components, tested)),
    ];
  }
  return [
    ...comment(whatItIs),
    ...guard,
    'drill:',
    '  detect-within: 2m',
    ...(tested ? [...testedComment(2), ...testedLines.map((line) => `  ${line}`)] : []),
    '  break:',
    ...known.flatMap((bad) => [
      ...comment(describeBad(bad), 4),
      '    - uses: deploy',
      `      with: { helm: { release: ${scalar(bad.release)}, revision: ${bad.revision} } }`,
    ]),
    ...comment(
      'Helm prunes revisions, 10 are kept unless it is told otherwise: one day these are gone. What lasts is a chart and the values that break it, kept in this repository:',
      4,
    ),
    ...switchedOff(deployStep(newest.release, chartOf(draft.components, newest.release)), 4),
  ];
}

/** The command that allows drills in the namespace of the draft's target. */
export function labelCommand({ target }: Pick<Draft, 'target'>): string {
  const context = target.context === undefined ? '' : ` --context ${shellQuote(target.context)}`;
  return `kubectl${context} label namespace ${target.namespace ?? 'NAMESPACE'} ${drillLabel.key}=${drillLabel.value}`;
}

/** A section that validates as it is, for a release of the draft. */
export function drillExample(components: readonly DraftComponent[], tested = false): readonly string[] {
  const release = components.find((component) => component.type === 'helm-release');
  const workload = components.find((component) => component.type === 'workload');
  const step =
    release === undefined && workload !== undefined
      ? [
          '- uses: deploy',
          `  with: { workload: { name: ${scalar(workload.workload)}, image: 'registry.example/app:known-bad' } }`,
        ]
      : deployStep(release?.release ?? 'shop', release?.chartFolder);
  return [
    'drill:',
    '  detect-within: 2m',
    ...(tested ? [...testedComment(), ...testedLines].map((line) => `  ${line}`) : []),
    '  break:',
    ...step.map((line) => `    ${line}`),
  ];
}

function deployStep(release: string, chartFolder: string | undefined): readonly string[] {
  const chart = `./${chartFolder ?? `charts/${release}`}`;
  return [
    '- uses: deploy',
    '  with:',
    '    helm:',
    `      release: ${scalar(release)}`,
    `      chart: ${scalar(chart)}`,
    '      values: [drill/bad-values.yaml]',
  ];
}

function chartOf(components: readonly DraftComponent[], release: string): string | undefined {
  const found = components.find(
    (component) => component.type === 'helm-release' && component.release === release,
  );
  return found?.type === 'helm-release' ? found.chartFolder : undefined;
}

function describeBad({ revision, release, because, at }: KnownBad): string {
  const when = at === undefined ? '' : `, put out at ${at}`;
  return because === 'failed'
    ? `Revision ${revision} of ${release} failed${when}.`
    : `Revision ${revision} of ${release} was rolled back from${when}.`;
}
