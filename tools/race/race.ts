// Two people press the same plan at the same moment, through the bundle on a real cluster: exactly one of them acts. Used
// by `npm run race` with many rounds, and by the end-to-end test with a few.

import { deploy, type Ground, type Revision, revisionsOf, writeWorkspace } from '../presses/ground.ts';
import { firstMutationAt, type Press, press } from '../presses/press.ts';

export type Round = {
  readonly lane: string;
  readonly round: number;
  /** Of both presses, sorted. */
  readonly verdicts: readonly [string, string];
  /** Presses that started a command which changes something. */
  readonly acted: number;
  /** Revisions of the release that the two made together. */
  readonly revisions: number;
  /** Between the starts of the two processes, ms. */
  readonly apartMs: number;
  /** Empty: all is as it has to be. */
  readonly violations: readonly string[];
};

export type RaceOptions = {
  readonly rounds: number;
  /** Lanes run side by side, each with a namespace, a lock and a release of its own. */
  readonly lanes?: number;
  /** A name that nobody else on the cluster has. */
  readonly namespace: string;
  readonly onRound?: (round: Round) => void;
};

/**
 * In one lane pods take long, so that the other press sees the holder renew and is refused; elsewhere the holder is often
 * done before that, and the other one finds everything there.
 */
const readyAfter = (lane: number): string => (lane === 0 ? '9s' : '0s');

export async function race(ground: Ground, options: RaceOptions): Promise<readonly Round[]> {
  const { rounds, lanes = 2, namespace } = options;
  let next = 0;
  const lane = async (index: number): Promise<readonly Round[]> => {
    const release = { name: 'api', namespace: `${namespace}-${index}` };
    const workspace = await writeWorkspace(ground, release);
    await deploy(ground, release, { version: 'good', readyAfter: readyAfter(index) });
    const seen: Round[] = [];
    while (next < rounds) {
      next += 1;
      const one = await raceOnce(ground, { release, workspace, round: next });
      seen.push(one);
      options.onRound?.(one);
    }
    return seen;
  };
  const all = await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
  return all.flat().toSorted((one, other) => one.round - other.round);
}

type Place = {
  readonly release: { readonly name: string; readonly namespace: string };
  readonly workspace: string;
  readonly round: number;
};

/** A bad version is deployed, new content each time, and two press at once. */
async function raceOnce(ground: Ground, { release, workspace, round }: Place): Promise<Round> {
  await deploy(ground, release, { version: `bad-${round}` });
  const start = newest(await revisionsOf(ground, release));
  const presses = await Promise.all([press(ground, { workspace }), press(ground, { workspace })]);
  const end = newest(await revisionsOf(ground, release));
  const acted = presses.filter(({ journal }) => firstMutationAt(journal) !== undefined).length;
  const revisions = end.revision - start.revision;
  const [one, other] = presses;
  const verdicts = presses.map(({ verdict }) => verdict).sort();
  const [first = '', second = ''] = verdicts;
  return {
    lane: release.namespace,
    round,
    verdicts: [first, second],
    acted,
    revisions,
    apartMs: Math.abs(one.startedAt - other.startedAt),
    violations: violationsOf(presses, { acted, revisions, end, wanted: start.revision - 1 }),
  };
}

function violationsOf(
  presses: readonly Press[],
  seen: {
    readonly acted: number;
    readonly revisions: number;
    readonly end: Revision;
    readonly wanted: number;
  },
): readonly string[] {
  const { acted, revisions, end, wanted } = seen;
  const verdicts = presses.map(({ verdict }) => verdict);
  const winners = verdicts.filter((verdict) => verdict === 'rolled-back').length;
  const others = verdicts.filter((verdict) => verdict === 'refused locked' || verdict === 'already-there');
  return [
    ...(acted === 1 ? [] : [`${acted} presses acted`]),
    ...(revisions === 1 ? [] : [`${revisions} revisions were made`]),
    ...(winners === 1 && others.length === 1 ? [] : [`they ended ${verdicts.join(' and ')}`]),
    ...(end.status === 'deployed' ? [] : [`the newest revision is ${end.status}`]),
    ...(end.description === `Rollback to ${wanted}` ? [] : [`it is "${end.description}"`]),
    ...presses.flatMap(({ verdict, journal, log }) =>
      verdict !== 'rolled-back' && firstMutationAt(journal) !== undefined
        ? [`a press that ended ${verdict} acted`]
        : verdict === ''
          ? [`a press said nothing: ${log.slice(-300)}`]
          : [],
    ),
  ];
}

function newest(revisions: readonly Revision[]): Revision {
  const last = revisions.at(-1);
  if (last === undefined) throw new Error('the release has no revisions');
  return last;
}
