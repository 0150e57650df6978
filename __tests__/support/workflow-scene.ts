// The stage of a test that presses a button of a workflow: a namespace on the real cluster, and on the real forge a
// repository with our callers, whose default branch is what checkouts and the trusted plan come from.

import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Forge, Repository } from '../../tools/real-parts/forge.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { createUserRepository, type RunOptions, type UserRepository, type WorkflowRun } from './act.ts';
import { type Release, releaseOn } from './release.ts';
import { type OwnStage, setStage } from './scene.ts';
import { sharedForge, uniqueName } from './shared/parts.ts';
import type { TextFile } from './workflow-files.ts';

export const workflowParts = [...clusterTools, 'kubectl', 'helm4', 'node24', 'gitea', 'act'] as const;

export type WorkflowStage = OwnStage<'helm4'> & { readonly forge: Forge; readonly kubeconfig: string };

export async function setWorkflowStage(): Promise<WorkflowStage> {
  const [stage, forge] = await Promise.all([setStage('helm4'), sharedForge()]);
  return { ...stage, forge, kubeconfig: await readFile(stage.cluster.kubeconfig, 'utf8') };
}

export type WorkflowScene = {
  readonly namespace: string;
  readonly api: Release;
  readonly user: UserRepository;
  readonly repository: Repository;
  /** Runs a caller with the secrets and variables of the stage. */
  readonly run: (options: RunOptions) => Promise<WorkflowRun>;
  /** Pull requests of the repository, newest first. */
  readonly pullRequests: () => Promise<readonly PullRequest[]>;
  /** A file on a branch; empty where there is none. */
  readonly fileOn: (branch: string, path: string) => Promise<string>;
};

const pullRequest = z.looseObject({
  number: z.number(),
  state: z.string(),
  title: z.string(),
  html_url: z.string(),
  head: z.looseObject({ ref: z.string() }),
});
export type PullRequest = z.infer<typeof pullRequest>;
const content = z.looseObject({ content: z.string() });

/** `plan` and `files` are given the namespace they are for. */
export async function setWorkflowScene(
  stage: WorkflowStage,
  plan: (namespace: string) => string,
  more: {
    readonly files?: (namespace: string) => Readonly<Record<string, string>>;
    readonly adapt?: (file: TextFile) => string;
  } = {},
): Promise<WorkflowScene> {
  const { forge } = stage;
  const { helm4 } = stage.tools;
  const namespace = uniqueName('workflows');
  const repository = await forge.createRepository(uniqueName('shop'));
  const user = await createUserRepository({
    folder: stage.folder,
    files: { '.github/rollback.yml': plan(namespace), ...more.files?.(namespace) },
    path: [dirname(helm4), dirname(stage.kubectl)],
    remote: forge.cloneUrl(repository),
    ...(more.adapt === undefined ? {} : { adapt: more.adapt }),
  });
  const api = `/repos/${repository.fullName}`;
  return {
    namespace,
    api: releaseOn(stage.cluster, helm4, 'api', namespace, stage.chart),
    user,
    repository,
    run: (options) =>
      user.run({
        ...options,
        secrets: {
          GITHUB_TOKEN: forge.adminToken,
          KUBECONFIG: stage.kubeconfig,
          KUBECONFIG_STAGING: stage.kubeconfig,
          ...options.secrets,
        },
        env: {
          GITHUB_API_URL: forge.apiUrl,
          GITHUB_SERVER_URL: forge.url,
          GITHUB_REPOSITORY: repository.fullName,
          ...options.env,
        },
      }),
    async pullRequests() {
      const { body } = await forge.call('GET', `${api}/pulls?state=all&sort=newest`);
      return z.array(pullRequest).parse(body);
    },
    async fileOn(branch, path) {
      const { status, body } = await forge.call(
        'GET',
        `${api}/contents/${path}?ref=${encodeURIComponent(branch)}`,
      );
      return status === 200 ? Buffer.from(content.parse(body).content, 'base64').toString('utf8') : '';
    },
  };
}
