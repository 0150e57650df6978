// Step kind `deploy`: puts a given version out, by the tool that owns it. Made for drills, which need a known-bad
// version; it says whether the version was put out, and nothing about its health.

import type { KindContext } from '../ports.ts';
import type { Requirement } from '../values/operation.ts';
import { deployChart } from './deploy/helm-chart.ts';
import { deployRevision } from './deploy/helm-revision.ts';
import { applyManifest } from './deploy/manifest-file.ts';
import { type DeploySettings, deploySchema } from './deploy/settings.ts';
import type { Way } from './deploy/way.ts';
import { setImage } from './deploy/workload-image.ts';
import { undoTo } from './deploy/workload-revision.ts';
import type { StepKind } from './step-kind.ts';

export const deploy: StepKind<DeploySettings> = {
  name: 'deploy',
  summary:
    'Put a given version out: a Helm chart or revision, an image or revision of a workload, or a manifest.',
  schema: deploySchema,
  timeoutMs: 360_000,
  requires: ({ helm }) => [helm === undefined ? kubectlTool : helmTool],
  prepare: (context, settings) => wayOf(context, settings).prepare(),
  capture: (context, settings) => wayOf(context, settings).capture(),
  probe: (context, settings) => wayOf(context, settings).probe(),
  verify: (context, settings) => wayOf(context, settings).verify(),
};

function wayOf(context: KindContext, { helm, workload, manifest }: DeploySettings): Way {
  if (helm?.chart !== undefined) return deployChart(context, helm, helm.chart);
  if (helm?.revision !== undefined) return deployRevision(context, helm, helm.revision);
  if (workload?.image !== undefined) return setImage(context, workload, workload.image);
  if (workload?.revision !== undefined) return undoTo(context, workload, workload.revision);
  if (manifest !== undefined) return applyManifest(context, manifest);
  throw new Error('the schema lets nothing through that puts nothing out');
}

const helmTool: Requirement = {
  type: 'tool',
  name: 'helm',
  versionArgs: ['version', '--template', '{{.Version}}'],
  range: '>=3.14.0',
  install: 'Helm 3.14 or newer (on GitHub: azure/setup-helm)',
};

const kubectlTool: Requirement = {
  type: 'tool',
  name: 'kubectl',
  versionArgs: ['version', '--client'],
  install: 'kubectl (on GitHub: azure/setup-kubectl)',
};
