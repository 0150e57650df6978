// The composition root: the only place that reads environment, arguments and working directory, and that puts adapters
// behind ports. The action and the command line differ in how they read and what they print, and in nothing else.

import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { InputValues, OutputValues } from './action-io.ts';
import { systemClock } from './adapters/clock.ts';
import { commitIn, pullRequestIn } from './adapters/event-payload.ts';
import { keepOutOfGit } from './adapters/files.ts';
import { createRepositoryFiles } from './adapters/repository-files.ts';
import { createTerminalLog } from './adapters/terminal-log.ts';
import { readCommandLine } from './cli.ts';
import { createWorld, type WorldHandle } from './compose-world.ts';
import {
  formatLocation,
  messageOf,
  type RollbackPlanError,
  reasonCodes,
  toRollbackPlanError,
} from './errors.ts';
import { liftFromLedger, noteDone, seedLedger, showLedger } from './flows/keep-ledger.ts';
import { reportIncident } from './flows/report-incident.ts';
import { init } from './init/init.ts';
import type { InitOptions } from './init/options.ts';
import { isComplete, printFiles, tellInitialised } from './init/told.ts';
import type { LedgerOrder } from './ledger-options.ts';
import { conduct } from './pipeline.ts';
import type { Log } from './ports.ts';
import { product } from './product.ts';
import { renderLedger } from './report/ledger-table.ts';
import { readinessOf } from './report/readiness.ts';
import { renderTerminal } from './report/terminal.ts';
import type { Conclusion } from './report/write-reports.ts';
import { type Caller, type Mode, type Request, readRequest } from './request.ts';
import { type Validation, validate } from './validate.ts';
import { environmentVariable, stopIn } from './values/environment.ts';
import { codeBlock } from './values/markdown.ts';

const environment = process.env;

/** As the runner starts it: inputs from `INPUT_*`, outputs and summary to the runner's files. Returns the exit code. */
export async function runAction(): Promise<number> {
  const workflow = await import('./adapters/workflow-log.ts');
  const values = workflow.readInputs();
  let world: WorldHandle | undefined;
  try {
    world = createWorld({
      environment,
      workspace: environment['GITHUB_WORKSPACE'] ?? process.cwd(),
      runsFolder: join(environment['RUNNER_TEMP'] ?? process.cwd(), 'rollback-plan'),
      token: values.token,
      plansFrom: environment['GITHUB_REPOSITORY'] ? 'forge' : 'clone',
      log: workflow.createWorkflowLog,
      mask: workflow.mask,
    });
    const request = readRequest(values, caller(), newIncident);
    if (request.mode === 'validate') {
      const validation = await validate(request, world);
      workflow.annotate(validation.annotations);
      await workflow.writeSummary(validation.summary);
      workflow.writeOutputs({ outcome: validation.outcome, 'reason-code': validation.code });
      process.stdout.write(validation.text);
      return validation.outcome === 'verified' ? 0 : 1;
    }
    const conclusion = await runFlow(request.mode, request, world);
    const { verdict } = conclusion;
    world.log.info(renderTerminal(conclusion.report, { color: false }));
    const fault = verdict.fault;
    // The run is over and its verdict stands, whatever the runner's files do: each is written for itself.
    await tell(world.log, 'outputs', () => workflow.writeOutputs(outputsOf(conclusion)));
    await tell(world.log, 'summary', () => workflow.writeSummary(conclusion.summary));
    if (fault !== undefined) {
      const message = world.redact(`${fault.message}\n${fault.hint}`);
      workflow.annotate([
        {
          level: conclusion.green ? 'warning' : 'error',
          title: `${verdict.outcome}: ${fault.code}`,
          message,
        },
      ]);
    }
    return conclusion.green ? 0 : 1;
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    // Without a world there is nothing to redact yet: what its making throws quotes nothing that was handed over.
    const redact = world?.redact ?? ((text: string) => text);
    const log = world?.log ?? workflow.createWorkflowLog(redact);
    const message = redact(describe(error));
    workflow.annotate([{ level: 'error', title: error.code, message, where: error.where }]);
    await tell(log, 'outputs', () =>
      workflow.writeOutputs({ outcome: 'refused', 'reason-code': error.code }),
    );
    await tell(log, 'summary', () => workflow.writeSummary(`## Refused\n\n${codeBlock(message)}\n`));
    return 1;
  } finally {
    await world?.dispose();
  }
}

/** Writes one of the runner's files; that it can't be written is said and changes nothing else. */
async function tell(log: Log, what: string, write: () => void | Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    log.warning(`the ${what} could not be written: ${messageOf(error)}`);
  }
}

/** From a laptop. Results on standard output, progress on standard error. Exit code: 0 green, 1 red or findings, 2 usage. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let world: WorldHandle | undefined;
  try {
    const invocation = readCommandLine(args, product.version, environment);
    if (invocation.type === 'say') {
      process.stdout.write(`${invocation.text}\n`);
      return 0;
    }
    const log = (redact: (text: string) => string): Log =>
      createTerminalLog(redact, { verbose: environment['RUNNER_DEBUG'] === '1' });
    world = createWorld({
      environment,
      workspace: process.cwd(),
      runsFolder: resolve('.rollback-plan'),
      token: invocation.type === 'init' ? '' : invocation.values.token,
      plansFrom: 'clone',
      log,
      mask: () => undefined,
    });
    if (invocation.type === 'init') return await runInit(invocation.options, world);
    if (invocation.type === 'ledger')
      return await runLedger(invocation.order, readRequest(invocation.values, caller(), newIncident), world);
    return await runVerb(invocation.values, world);
  } catch (thrown) {
    const error = toRollbackPlanError(thrown);
    const text = describe(error);
    process.stderr.write(`${world?.redact(text) ?? text}\n`);
    return isUsage(error) ? 2 : 1;
  } finally {
    await world?.dispose();
  }
}

/** Files of a dry run on standard output, so that they can be piped; all else that is said then goes to standard error. */
async function runInit(options: InitOptions, world: WorldHandle): Promise<number> {
  const repositoryFiles = createRepositoryFiles({
    repository: world.workspace,
    packageFolder: packageFolder(),
  });
  const done = await init(options, {
    ...world,
    repositoryFiles,
    kubeconfig: environment['KUBECONFIG'] || undefined,
  });
  if (options.dryRun) process.stdout.write(printFiles(done));
  (options.dryRun ? process.stderr : process.stdout).write(tellInitialised(done, options));
  return isComplete(done) ? 0 : 1;
}

async function runLedger(order: LedgerOrder, request: Request, world: WorldHandle): Promise<number> {
  const text = await (async () => {
    if (order.verb === 'seed') return await seedLedger(request, world);
    if (order.verb === 'done') return await noteDone(request, order, world);
    if (order.verb === 'lift') return await liftFromLedger(request, order, world);
    const shown = await showLedger(request, world);
    return order.json ? JSON.stringify(shown.page, null, 2) : renderLedger(shown);
  })();
  process.stdout.write(`${world.redact(text)}\n`);
  return 0;
}

/** The bundle is started as `dist/index.js` or `bin/rollback-plan.js`, or through a link to one: one folder below. */
function packageFolder(): string {
  const [, script = '.'] = process.argv;
  return dirname(dirname(realpathSync(script)));
}

async function runVerb(values: InputValues, world: WorldHandle): Promise<number> {
  const request = readRequest(values, caller(), newIncident);
  if (request.mode === 'validate') {
    const validation: Validation = await validate(request, world);
    process.stdout.write(validation.text);
    return validation.outcome === 'verified' ? 0 : 1;
  }
  await keepOutOfGit(world.runsFolder);
  const conclusion = await runFlow(request.mode, request, world);
  process.stdout.write(`${renderTerminal(conclusion.report, { color: process.stdout.isTTY === true })}\n`);
  process.stderr.write(
    `record: ${conclusion.incidentPath}\nresult: ${conclusion.resultPath}\njournal: ${conclusion.journalPath}\n`,
  );
  return conclusion.green ? 0 : 1;
}

/** Every mode but `validate`, which has no run. Modes that this version lacks were refused with the request. */
async function runFlow(mode: Mode, request: Request, world: WorldHandle): Promise<Conclusion> {
  if (mode === 'report') return await reportIncident(request, world);
  if (
    mode === 'rollback' ||
    mode === 'verify' ||
    mode === 'alert' ||
    mode === 'drill' ||
    mode === 'preflight'
  )
    return await conduct(mode, request, world);
  if (mode === 'heartbeat') return await conduct(mode, request, world);
  throw new Error(`mode ${mode} has no flow`);
}

function outputsOf(conclusion: Conclusion): OutputValues {
  const { verdict, report } = conclusion;
  const readiness = readinessOf(report);
  return {
    outcome: verdict.outcome,
    'reason-code': verdict.fault?.code ?? '',
    incident: report.identity?.incident ?? '',
    'incident-path': conclusion.incidentPath,
    'pull-request-url': report.published.at(-1)?.pullRequest ?? '',
    result: conclusion.resultPath,
    digest: conclusion.digest,
    'duration-seconds': String(Math.round(conclusion.durationMs / 100) / 10),
    'failed-step': verdict.failedStep ?? '',
    matrix: '',
    ready: readiness === undefined ? '' : String(readiness.ready),
  };
}

function describe(error: RollbackPlanError): string {
  const where = error.where === undefined ? '' : `${formatLocation(error.where)}: `;
  return `${where}${error.message} [${error.code}]\n${error.hint}`;
}

function isUsage(error: RollbackPlanError): boolean {
  return (reasonCodes.usage as readonly string[]).includes(error.code);
}

/** Who asks, from what the runner says about itself; on a laptop, the user's name. */
function caller(): Caller {
  const get = (name: string): string | undefined => environment[name] || undefined;
  const repository = get('GITHUB_REPOSITORY');
  const id = get('GITHUB_RUN_ID');
  const attempt = get('GITHUB_RUN_ATTEMPT') ?? '1';
  const server = get('GITHUB_SERVER_URL') ?? 'https://github.com';
  return {
    actor: get('GITHUB_TRIGGERING_ACTOR') ?? get('GITHUB_ACTOR') ?? userInfo().username,
    commit: commitIn(get('GITHUB_EVENT_NAME'), get('GITHUB_EVENT_PATH')) ?? get('GITHUB_SHA'),
    // Empty means something else than absent: the job has no environment.
    environment: environment[environmentVariable],
    pullRequest: pullRequestIn(get('GITHUB_EVENT_PATH')),
    stop: stopIn(environment),
    eventPath: get('GITHUB_EVENT_PATH'),
    run:
      repository === undefined || id === undefined
        ? undefined
        : { url: `${server}/${repository}/actions/runs/${id}/attempts/${attempt}`, id, attempt, repository },
    tool: product.version,
  };
}

/** Sorts by time and says when at a glance; the end keeps two presses in one second apart. */
function newIncident(): string {
  const now = systemClock
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return `INC-${now}-${randomBytes(2).toString('hex')}`;
}
