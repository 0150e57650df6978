// Check kind `version`: which version users are served. Asked of the service itself, or read from the images that its
// pods run. Answers that differ are a rollout that is under way, and no version.

import { z } from 'zod';
import { toRollbackPlanError } from '../errors.ts';
import type { KindContext } from '../ports.ts';
import { duration } from '../values/durations.ts';
import { describeExpectation, expectation } from '../values/expectations.ts';
import { httpUrl } from '../values/http-url.ts';
import { labelPattern, namespaceLabel, variableName } from '../values/names.ts';
import type { Requirement } from '../values/operation.ts';
import { readWorkload } from '../values/workload-reading.ts';
import { parseWorkloadName, workloadName } from '../values/workload-reference.ts';
import type { CheckKind, Measurement } from './check-kind.ts';
import { judgeVersions, type Seen } from './version/judge.ts';
import { runningImages } from './version/running-images.ts';
import { readServed } from './version/served.ts';
import { via, viaRequirements } from './via.ts';

const longestMs = 60_000;
const path = z
  .string()
  .regex(/^\.?[^.\s]+(?:\.[^.\s]+)*$/, 'keys and indexes with dots between: `version`, `.build.commit`');

const schema = z
  .strictObject({
    url: httpUrl.optional().describe('Ask the service: an http:// or https:// URL.'),
    json: path.optional().describe('With `url`: where the version is in the JSON body: `.version`.'),
    header: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name')
      .optional()
      .describe('With `url`: the header that holds the version.'),
    'bearer-token-env': variableName
      .optional()
      .describe('With `url`: name of a secret of the plan that is sent as `Authorization: Bearer …`.'),
    repeat: z
      .int()
      .min(1)
      .max(50)
      .default(1)
      .describe('With `url`: ask so many times, each on a connection of its own; all answers have to agree.'),
    timeout: duration
      .refine((milliseconds) => milliseconds <= longestMs, 'at most `60s`')
      .default(5_000)
      .describe('With `url`: longest time for one exchange. Default `5s`.'),
    via: via.optional().describe('With `url`: how to get there, where the runner can not connect itself.'),
    workload: workloadName
      .optional()
      .describe('Instead of `url`: read the images that the pods of this run: `deployment/api`.'),
    container: z
      .string()
      .regex(labelPattern, 'the name of a container')
      .optional()
      .describe('With `workload`: which container. Needed where pods have several.'),
    compare: z
      .enum(['tag', 'digest', 'image'])
      .optional()
      .describe(
        'With `workload`: what of the image is the version: its `tag` (default), the `digest` that runs, or the whole `image`.',
      ),
    namespace: namespaceLabel.optional().describe("With `workload`: its namespace. Default: the target's."),
    expect: expectation
      // `null` is what an expression makes of a name that is not there, and no version is called so: nobody is to blame.
      .refine((expected) => expected !== null, 'says no version: what it refers to is not there')
      .describe(
        'The version that is expected: `2.4.1`; in a trigger `${{ deploy.versions.api }}`, in `verify` `${{ components.api.to.names }}`.',
      ),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const ofUrl = ['json', 'header', 'bearer-token-env', 'via'] as const;
    const ofWorkload = ['container', 'compare', 'namespace'] as const;
    if ((settings.url === undefined) === (settings.workload === undefined))
      refuse([], 'say one of `url` and `workload`');
    if (settings.workload !== undefined)
      for (const key of ofUrl) if (settings[key] !== undefined) refuse([key], 'belongs to `url`');
    if (settings.url !== undefined)
      for (const key of ofWorkload) if (settings[key] !== undefined) refuse([key], 'belongs to `workload`');
    if (settings.json !== undefined && settings.header !== undefined)
      refuse(['header'], 'say one of `json` and `header`');
  });

export type VersionSettings = z.output<typeof schema>;

export const version: CheckKind<VersionSettings> = {
  name: 'version',
  summary: 'The version that users are served: what the service says, or the images that its pods run.',
  schema,
  timeoutMs: longestMs,
  requires(settings) {
    if (settings.workload === undefined) return viaRequirements(settings.via);
    const namespace = settings.namespace === undefined ? {} : { namespace: settings.namespace };
    const kind = parseWorkloadName(settings.workload, '')?.kind ?? 'Deployment';
    const may = (verb: string, group: string, resource: string): Requirement => ({
      ...{ type: 'permission', verb, group, resource, ...namespace },
    });
    return [
      may('get', 'apps', `${kind.toLowerCase()}s`),
      may('list', '', 'pods'),
      ...(kind === 'Deployment' ? [may('list', 'apps', 'replicasets')] : []),
    ];
  },
  async measure(context, settings): Promise<Measurement> {
    const expected = describeExpectation(settings.expect);
    try {
      const seen =
        settings.url === undefined
          ? await readImages(context, settings)
          : await readServed(context, settings.url, settings, longestMs);
      return { ...judgeVersions(seen, settings.expect), expected };
    } catch (thrown) {
      const { message } = toRollbackPlanError(thrown);
      return { state: 'error', value: null, expected, evidence: `could not measure: ${message}` };
    }
  },
};

async function readImages(context: KindContext, settings: VersionSettings): Promise<Seen> {
  const { workload = '', namespace = context.cluster.namespace, container, compare = 'tag' } = settings;
  const reference = parseWorkloadName(workload, namespace);
  // The schema has let only such names through.
  if (reference === undefined) return { state: 'error', why: `${workload}: no workload` };
  const { live, pods } = await readWorkload(context.cluster, reference, context.signal);
  if (live === undefined) return { state: 'fail', why: `${workload} does not exist in ${namespace}` };
  return runningImages(workload, pods, { container, compare });
}
