// `npm run bench`: what a rollback costs with us, against the bare tool on the same cluster in the same run.
// Prints ratios of medians; the pairs alternate, so a machine that slows down slows both.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Cluster, startCluster } from '../real-parts/cluster.ts';
import { provide } from '../real-parts/provide.ts';

const rounds = Number(process.argv[2] ?? 5);
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

type Sample = { readonly whole: number; readonly first: number | undefined };
type Row = { readonly readiness: string; readonly bare: readonly Sample[]; readonly ours: readonly Sample[] };

const tools = await provide(['helm4', 'kubectl', 'node24'], { progress: say });
const folder = await mkdtemp(join(tmpdir(), 'rollback-plan-bench-'));
const cluster = await startCluster({ progress: say });
const path = `${dirname(tools.helm4)}:${dirname(tools.kubectl)}:${process.env['PATH'] ?? ''}`;
try {
  const chart = await writeChart();
  const rows: Row[] = [];
  for (const [readiness, readyAfter] of [
    ['at once', ''],
    ['after 10 s', '10s'],
  ] as const) {
    rows.push(await measure(readiness, readyAfter, chart, cluster));
  }
  print(rows);
} finally {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Two releases of the same shape, one for each contender, each going back and forth between two versions. */
async function measure(readiness: string, readyAfter: string, chart: string, on: Cluster): Promise<Row> {
  const namespace = readyAfter === '' ? 'bench-now' : 'bench-later';
  const workspace = join(folder, namespace);
  await mkdir(workspace);
  await writeFile(
    join(workspace, 'rollback.yml'),
    `version: 1\nservice: bench\ntargets: { local: { context: ${await contextOf(on)}, namespace: ${namespace} } }\ncomponents:\n  ours: { uses: helm-release, with: { release: ours } }\n`,
  );
  for (const name of ['bare', 'ours']) {
    for (const version of ['1', '2']) {
      const values = ['--set-string', `version=${version}`, '--set-string', `readyAfter=${readyAfter}`];
      await must(
        [
          tools.helm4,
          'upgrade',
          '--install',
          name,
          chart,
          '--namespace',
          namespace,
          '--create-namespace',
          '--wait',
          ...values,
        ],
        on,
      );
    }
  }
  const bare: Sample[] = [];
  const ours: Sample[] = [];
  // Each rollback makes one more revision; the other content is always one before the newest.
  for (let round = 0; round <= rounds; round++) {
    const other = String(round + 1);
    const a = await time(() =>
      must(
        [tools.helm4, 'rollback', 'bare', other, '--namespace', namespace, '--wait', '--timeout', '300s'],
        on,
      ),
    );
    const b = await press(workspace, other, on);
    if (round === 0) continue; // warm-up
    bare.push({ whole: a, first: undefined });
    ours.push(b);
    say(`pods ready ${readiness}, round ${round} of ${rounds}: bare ${seconds(a)}, ours ${seconds(b.whole)}`);
  }
  return { readiness, bare, ours };
}

/** One run of the bundle, started as the runner starts it. `first` is start → the first intent in the journal. */
async function press(workspace: string, revision: string, on: Cluster): Promise<Sample> {
  const temp = await mkdtemp(join(folder, 'run-'));
  const files = { GITHUB_OUTPUT: join(temp, 'output'), GITHUB_STEP_SUMMARY: join(temp, 'summary') };
  for (const file of Object.values(files)) await writeFile(file, '');
  const started = Date.now();
  const whole = await time(() =>
    must([tools.node24, resolve('dist/index.js')], on, workspace, {
      ...files,
      RUNNER_TEMP: temp,
      GITHUB_WORKSPACE: workspace,
      INPUT_MODE: 'rollback',
      INPUT_PLAN: 'rollback.yml',
      INPUT_TO: `ours=${revision}`,
    }),
  );
  const [incident = ''] = await readdir(join(temp, 'rollback-plan'));
  const journal = await readFile(join(temp, 'rollback-plan', incident, 'journal.jsonl'), 'utf8');
  const intent = journal.split('\n').find((line) => line.includes('"type":"intent"'));
  const at = /"at":"([^"]+)"/.exec(intent ?? '')?.[1];
  if (at === undefined) throw new Error('the run changed nothing; nothing was measured');
  return { whole, first: Date.parse(at) - started };
}

async function time(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function must(
  argv: readonly [string, ...string[]],
  on: Cluster,
  cwd = folder,
  extra: Readonly<Record<string, string>> = {},
): Promise<void> {
  const [file, ...args] = argv;
  return new Promise((done, fail) => {
    const env = { PATH: path, HOME: folder, KUBECONFIG: on.kubeconfig, ...extra };
    const child: ChildProcess = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done() : fail(new Error(`${argv.join(' ')} failed with exit code ${code}\n${text}`)),
    );
  });
}

async function contextOf(on: Cluster): Promise<string> {
  return /"current-context":\s*"([^"]+)"/.exec(await readFile(on.kubeconfig, 'utf8'))?.[1] ?? '';
}

async function writeChart(): Promise<string> {
  const chart = join(folder, 'chart');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: bench\nversion: 1.0.0\n');
  await writeFile(
    join(chart, 'templates', 'deployment.yaml'),
    `apiVersion: apps/v1
kind: Deployment
metadata: { name: "{{ .Release.Name }}" }
spec:
  replicas: 3
  strategy: { rollingUpdate: { maxSurge: 100%, maxUnavailable: 0 } }
  selector: { matchLabels: { app: "{{ .Release.Name }}" } }
  template:
    metadata:
      labels: { app: "{{ .Release.Name }}", version: "{{ .Values.version }}" }
      annotations: { rollback-plan.test/ready-after: "{{ .Values.readyAfter | default "0s" }}" }
    spec: { containers: [{ name: app, image: "registry.example/app:{{ .Values.version }}" }] }
`,
  );
  return chart;
}

function print(rows: readonly Row[]): void {
  const lines = [
    `rounds per row: ${rounds}; medians (minimum to maximum)`,
    '',
    '| pods ready | bare helm rollback --wait | whole run | ratio | start → first mutation |',
    '|---|---|---|---|---|',
    ...rows.map(({ readiness, bare, ours }) => {
      const [a, b] = [bare.map((sample) => sample.whole), ours.map((sample) => sample.whole)];
      const first = ours.flatMap((sample) => (sample.first === undefined ? [] : [sample.first]));
      return `| ${readiness} | ${spread(a)} | ${spread(b)} | ${(median(b) / median(a)).toFixed(2)} | ${spread(first)} |`;
    }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function spread(values: readonly number[]): string {
  return `${seconds(median(values))} (${seconds(Math.min(...values))} to ${seconds(Math.max(...values))})`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
