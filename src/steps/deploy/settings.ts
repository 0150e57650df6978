// Settings of the step kind `deploy`: one thing to put out, as a Helm chart or revision, an image or revision of a
// workload, or a manifest.

import { z } from 'zod';
import { namespaceLabel } from '../../values/names.ts';
import { relativePath } from '../../values/paths.ts';
import { parseWorkloadName, workloadName } from '../../values/workload-reference.ts';

const revision = z.int().min(1);
/** What Helm reads as a path into the values: no `,` or `=`, which would begin another one. */
const valuePath = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_./\\[\]-]*$/, 'a path into the values, such as `image.tag`');

/** Helm splits what follows `--values` at commas, as a line of CSV. */
const valuesFile = relativePath.refine(
  (path) => !/[,"]/.test(path),
  'Helm would split this path: a values file has no `,` and no `"` in its name',
);
const setNumber = z
  .number()
  .refine(
    (value) => !Number.isInteger(value) || Number.isSafeInteger(value),
    'this number has more digits than can be kept; quote it',
  );

const helm = z
  .strictObject({
    release: z
      .string()
      .regex(
        /^[a-z0-9]([a-z0-9.-]{0,51}[a-z0-9])?$/,
        'a Helm release has 1 to 53 small letters, digits, `-` or `.`',
      )
      .describe('Name of the Helm release.'),
    namespace: namespaceLabel
      .optional()
      .describe("Namespace that the release lives in. Default: the target's namespace."),
    chart: z
      .string()
      .regex(
        /^(?:oci:\/\/[A-Za-z0-9][\w./@:-]*|[A-Za-z0-9._][A-Za-z0-9._/+-]*)$/,
        'a chart is a path below the repository, `oci://registry/chart`, or `repository/chart`',
      )
      .optional()
      .describe('The chart: a path below the repository, `oci://registry/chart`, or `repository/chart`.'),
    version: z
      .string()
      .regex(/^[0-9A-Za-z][0-9A-Za-z.+-]*$/, 'one exact version, such as `1.4.0`')
      .optional()
      .describe('Version of a chart that comes from a registry or repository; required there.'),
    values: z.array(valuesFile).default([]).describe('Files with values, below the repository, in order.'),
    set: z
      .record(valuePath, z.union([z.string(), setNumber, z.boolean()]))
      .default({})
      .describe('Single values by their path, over those of the files: `image.tag: v2`.'),
    'reuse-values': z
      .boolean()
      .default(false)
      .describe(
        "Keep the values of the release as it is now below those given here. Default: the chart's own values below them.",
      ),
    install: z.boolean().default(false).describe('Install the release if there is none.'),
    revision: revision
      .optional()
      .describe('Instead of a chart: a revision of the release’s own history, put out again.'),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (settings.chart === undefined) {
      if (settings.revision === undefined)
        refuse('chart', 'say `chart` or `revision`: what is to be put out');
    } else if (settings.revision !== undefined) {
      refuse('revision', 'a release gets a `chart` or a `revision`, not both');
    }
    if (settings.revision === undefined) return;
    const given =
      settings.values.length > 0 || Object.keys(settings.set).length > 0 || settings['reuse-values'];
    if (given || settings.install || settings.version !== undefined)
      refuse('revision', 'a revision has its own chart and values; nothing else can be said about them');
  });

const workload = z
  .strictObject({
    name: workloadName.describe(
      'Workload that neither Helm nor another tool owns: `deployment/api`, `statefulset/db`, `daemonset/agent`.',
    ),
    container: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'name of a container')
      .optional()
      .describe('Container that gets the image. May be left out where there is only one.'),
    image: z
      .string()
      .regex(
        /^[a-z0-9][\w.:/-]*(?:@sha256:[0-9a-f]{64})?$/i,
        'an image is written `registry/name:tag` or `registry/name@sha256:…`',
      )
      .optional()
      .describe('Image to run.'),
    revision: revision.optional().describe('Instead of an image: a revision of a Deployment, put out again.'),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (settings.image === undefined && settings.revision === undefined)
      refuse('image', 'say `image` or `revision`: what is to be put out');
    if (settings.revision === undefined) return;
    if (settings.image !== undefined)
      refuse('revision', 'a workload gets an `image` or a `revision`, not both');
    if (settings.container !== undefined) refuse('container', 'a revision has all its containers');
    if (parseWorkloadName(settings.name, '')?.kind !== 'Deployment')
      refuse('revision', 'only a Deployment remembers which revision it was; give the others an `image`');
  });

export const deploySchema = z
  .strictObject({
    helm: helm.optional().describe('A Helm release: a chart, or a revision of its history.'),
    workload: workload.optional().describe('A workload: an image, or a revision of its history.'),
    manifest: relativePath
      .optional()
      .describe(
        "A file with Kubernetes objects, below the repository, for `kubectl apply` in the target's namespace.",
      ),
  })
  .superRefine((settings, context) => {
    const given = Object.values(settings).filter((value) => value !== undefined).length;
    if (given === 1) return;
    context.addIssue({
      code: 'custom',
      path: [],
      message: 'say exactly one of `helm`, `workload` and `manifest`',
    });
  });

export type DeploySettings = z.output<typeof deploySchema>;
export type HelmDeploy = NonNullable<DeploySettings['helm']>;
export type WorkloadDeploy = NonNullable<DeploySettings['workload']>;
