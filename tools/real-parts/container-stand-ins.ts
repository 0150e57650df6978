// There are no containers in the test cluster. This says what answers in their place when somebody runs
// `kubectl logs`, `exec` or `port-forward`: given text, this machine, and local ports.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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
  const { logs = [], previousLogs = [], exec, forwards } = standIns;
  const logsFile = join(folder, 'container.log');
  const previousLogsFile = join(folder, 'container-previous.log');
  await writeFile(logsFile, criLog(logs));
  await writeFile(previousLogsFile, criLog(previousLogs));
  const documents = [kwokObject('ClusterLogs', { logs: [{ logsFile, previousLogsFile, follow: false }] })];
  if (exec) {
    const envs = Object.entries(exec.env ?? {}).map(([name, value]) => ({ name, value }));
    documents.push(kwokObject('ClusterExec', { execs: [{ local: { workDir: folder, envs } }] }));
  }
  if (forwards) {
    const list = Object.entries(forwards).map(([port, local]) => ({
      ports: [Number(port)],
      target: { port: local, address: '127.0.0.1' },
    }));
    documents.push(kwokObject('ClusterPortForward', { forwards: list }));
  }
  return documents.join('---\n');
}

function kwokObject(kind: string, spec: object): string {
  const metadata = { name: 'every-pod' };
  return `${JSON.stringify({ apiVersion: 'kwok.x-k8s.io/v1alpha1', kind, metadata, spec })}\n`;
}

/** The format in which a container runtime keeps logs. */
function criLog(lines: readonly string[]): string {
  const now = new Date().toISOString();
  return lines.map((line) => `${now} stdout F ${line}\n`).join('');
}
