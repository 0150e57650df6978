// There are no containers in the test cluster. This says what answers in their place when somebody runs
// `kubectl logs`, `exec` or `port-forward`: given text, this machine, and local ports.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterApi } from './cluster-api.ts';

/** The same for every pod of the cluster. */
export interface ContainerStandIns {
  /** What `kubectl logs` shows. */
  readonly logs?: readonly string[];
  /** What `kubectl logs --previous` shows: the last words of a container that crashed. */
  readonly previousLogs?: readonly string[];
  /**
   * Lets `kubectl exec` run commands on this machine, with these extra variables. Any failure arrives as exit code 1.
   * Whoever reaches the loopback interface can then run commands as you, so leave it out where it is not needed.
   */
  readonly exec?: { readonly env?: Readonly<Record<string, string>> };
  /** `kubectl port-forward`: port of the pod → port on this machine's loopback. */
  readonly forwards?: Readonly<Record<number, number>>;
}

/**
 * kwok's objects for them, as YAML documents (JSON being YAML).
 * @param folder for the files that hold the logs
 */
export async function containerStandIns(folder: string, standIns: ContainerStandIns): Promise<string> {
  const { exec, forwards } = standIns;
  const metadata = { name: 'every-pod' };
  const objects = [
    { ...kwok, kind: 'ClusterLogs', metadata, spec: await logsSpec(folder, 'container', standIns) },
    ...(exec === undefined ? [] : [{ ...kwok, kind: 'ClusterExec', metadata, spec: execSpec(folder, exec) }]),
    ...(forwards === undefined
      ? []
      : [{ ...kwok, kind: 'ClusterPortForward', metadata, spec: forwardSpec(forwards) }]),
  ];
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('---\n');
}

const kwok = { apiVersion: 'kwok.x-k8s.io/v1alpha1' } as const;

async function logsSpec(
  folder: string,
  name: string,
  { logs = [], previousLogs = [] }: Pick<ContainerStandIns, 'logs' | 'previousLogs'>,
): Promise<object> {
  const logsFile = join(folder, `${name}.log`);
  const previousLogsFile = join(folder, `${name}-previous.log`);
  await writeFile(logsFile, criLog(logs));
  await writeFile(previousLogsFile, criLog(previousLogs));
  return { logs: [{ logsFile, previousLogsFile, follow: false }] };
}

function execSpec(workDir: string, { env = {} }: NonNullable<ContainerStandIns['exec']>): object {
  const envs = Object.entries(env).map(([name, value]) => ({ name, value }));
  return { execs: [{ local: { workDir, envs } }] };
}

function forwardSpec(forwards: NonNullable<ContainerStandIns['forwards']>): object {
  const list = Object.entries(forwards).map(([port, local]) => ({
    ports: [Number(port)],
    target: { port: local, address: '127.0.0.1' },
  }));
  return { forwards: list };
}

/** Kinds of kwok's that can also be made while the cluster runs, with what the API server wants to know of them. */
const kindsInUse = [
  { kind: 'Logs', plural: 'logs', scope: 'Namespaced' },
  { kind: 'ClusterExec', plural: 'clusterexecs', scope: 'Cluster' },
  { kind: 'ClusterPortForward', plural: 'clusterportforwards', scope: 'Cluster' },
] as const;

/** Those that kwok shall watch; what was given at the start can't be added to later. */
export function watchedKinds({ exec, forwards }: ContainerStandIns): readonly string[] {
  const fixed: readonly string[] = [
    ...(exec === undefined ? [] : ['ClusterExec']),
    ...(forwards === undefined ? [] : ['ClusterPortForward']),
  ];
  return kindsInUse.map(({ kind }) => kind).filter((kind) => !fixed.includes(kind));
}

/** Makes the kinds known to the API server; before kwok starts, so that it finds them at its first look. */
export async function defineStandIns(api: ClusterApi): Promise<void> {
  const answers = await Promise.all(
    kindsInUse.map(({ kind, plural, scope }) =>
      api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: {
          name: `${plural}.kwok.x-k8s.io`,
          // The group is a protected one, and this is what it wants to be told.
          annotations: {
            'api-approved.kubernetes.io': 'https://github.com/kubernetes/enhancements/pull/1111',
          },
        },
        spec: {
          group: 'kwok.x-k8s.io',
          scope,
          names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
          versions: [
            {
              name: 'v1alpha1',
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          ],
        },
      }),
    ),
  );
  for (const { status, body } of answers) {
    if (status !== 201) throw new Error(`cluster: no stand-ins for containers: ${JSON.stringify(body)}`);
  }
}

/** For the pods of one namespace, while the cluster runs. */
export interface NamespaceStandIns extends Pick<ContainerStandIns, 'exec' | 'forwards'> {
  /** By pod: what `kubectl logs` and `kubectl logs --previous` show. Other pods go on saying what they said. */
  readonly logs?: Readonly<Record<string, Pick<ContainerStandIns, 'logs' | 'previousLogs'>>>;
}

/** Said again for the same namespace (or pod), it replaces what was said before. */
export async function answerFor(
  api: ClusterApi,
  folder: string,
  namespace: string,
  { logs = {}, exec, forwards }: NamespaceStandIns,
): Promise<void> {
  const base = '/apis/kwok.x-k8s.io/v1alpha1';
  const selector = { matchNamespaces: [namespace] };
  const put = async (path: string, kind: string, name: string, spec: object): Promise<void> => {
    const object = { ...kwok, kind, metadata: { name }, spec };
    const made = await api.call('POST', path, object);
    const answer = made.status === 409 ? await api.call('PATCH', `${path}/${name}`, { spec }) : made;
    if (answer.status >= 300) throw new Error(`cluster: ${kind} ${name}: ${JSON.stringify(answer.body)}`);
  };
  await mkdir(folder, { recursive: true });
  for (const [pod, said] of Object.entries(logs)) {
    const spec = await logsSpec(folder, `${namespace}-${pod}`, said);
    await put(`${base}/namespaces/${namespace}/logs`, 'Logs', pod, spec);
  }
  if (exec !== undefined)
    await put(`${base}/clusterexecs`, 'ClusterExec', namespace, { selector, ...execSpec(folder, exec) });
  if (forwards !== undefined) {
    const spec = { selector, ...forwardSpec(forwards) };
    await put(`${base}/clusterportforwards`, 'ClusterPortForward', namespace, spec);
  }
}

/** The format in which a container runtime keeps logs. */
function criLog(lines: readonly string[]): string {
  const now = new Date().toISOString();
  return lines.map((line) => `${now} stdout F ${line}\n`).join('');
}
