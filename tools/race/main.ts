// `npm run race -- 200`: rounds of two simultaneous presses, and how long a command of a run that lost the lock goes on.

import { groundTools, takeGround } from '../presses/ground.ts';
import { startCluster } from '../real-parts/cluster.ts';
import { provide } from '../real-parts/provide.ts';
import { type Round, race } from './race.ts';
import { describeStale, staleHolder } from './stale-holder.ts';

const [first = '20', ...rest] = process.argv.slice(2);
const rounds = Number(first);
const lanes = Number(rest[0] ?? 2);
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const tools = await provide(groundTools, { progress: say });
const cluster = await startCluster({ progress: say });
const ground = await takeGround(cluster, tools);
try {
  const seen = await race(ground, { rounds, lanes, namespace: 'race', onRound: tell });
  const stale = await staleHolder(ground, { namespace: 'stale' });
  process.stdout.write(`${[...totals(seen), '', ...describeStale(stale)].join('\n')}\n`);
  const wrong = [...seen.flatMap(({ violations }) => violations), ...stale.violations];
  process.exitCode = wrong.length === 0 && seen.length === rounds ? 0 : 1;
} finally {
  await ground.leave();
  await cluster.stop();
}

function tell({ round, verdicts, acted, revisions, violations }: Round): void {
  const wrong = violations.length === 0 ? '' : `: VIOLATED: ${violations.join('; ')}`;
  say(
    `round ${round} of ${rounds}: ${verdicts.join(' and ')}; ${acted} acted, ${revisions} revision(s)${wrong}`,
  );
}

function totals(seen: readonly Round[]): readonly string[] {
  const kinds = [...new Set(seen.map(({ verdicts }) => verdicts.join(' and ')))].sort();
  const sum = (pick: (round: Round) => number): number =>
    seen.reduce((total, round) => total + pick(round), 0);
  const violated = seen.filter(({ violations }) => violations.length > 0);
  return [
    '| the two ended | rounds |',
    '|---|---|',
    ...kinds.map(
      (kind) => `| ${kind} | ${seen.filter(({ verdicts }) => verdicts.join(' and ') === kind).length} |`,
    ),
    '',
    `rounds: ${seen.length}; presses: ${2 * seen.length}; presses that acted: ${sum(({ acted }) => acted)}; Helm revisions made: ${sum(({ revisions }) => revisions)}; starts apart by at most ${Math.max(0, ...seen.map(({ apartMs }) => apartMs))} ms`,
    `rounds with violations: ${violated.length}`,
    ...violated.map(({ round, lane, violations }) => `  round ${round} (${lane}): ${violations.join('; ')}`),
  ];
}
