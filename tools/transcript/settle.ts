// Makes a transcript the same on every machine and at every hour: what differs from run to run gets one fixed form.

export type Places = {
  /** Absolute path of the scratch repository. */
  readonly repository: string;
  /** Who ran it. */
  readonly user: string;
};

export function settle(text: string, { repository, user }: Places): string {
  return (
    text
      .replaceAll(repository, '/home/you/shop')
      .replaceAll(`by ${user}`, 'by you')
      .replaceAll(/INC-\d{8}-\d{6}-[0-9a-f]{4}/g, 'INC-20260101-120000-abcd')
      .replaceAll(/\b\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.\d+)?( ?UTC|Z)?/g, '2026-01-01$112:00:00$2')
      .replaceAll(/\bsha256:[0-9a-f]{12,64}/g, 'sha256:0123456789ab…')
      .split('\n')
      // What is worked out from the plan is the same everywhere; what was measured is not.
      .map((line) =>
        / one every /.test(line) ? line : line.replaceAll(/\b\d+(?:\.\d+)? (?:ms|s)\b/g, '1 s'),
      )
      .join('\n')
      .replaceAll(/\b\d+m\d+(?:\.\d+)?s\b/g, '1m1s')
      .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:6443')
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  );
}

/** The Markdown between the markers: one block that reads as a terminal does. */
export function transcriptBlock(steps: readonly { readonly shown: string; readonly said: string }[]): string {
  const text = steps.map(({ shown, said }) => [`$ ${shown}`, said].filter((part) => part !== '').join('\n'));
  const fence = '```';
  return [`${fence}console`, text.join('\n\n').replaceAll(fence, "'''"), fence].join('\n');
}

const begin = '<!-- transcript -->';
const end = '<!-- transcript: end -->';

/** Throws when a marker is missing, because a transcript that silently stays as it was is worse. */
export function replaceTranscript(readme: string, block: string): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${begin} and ${end}`);
  return `${readme.slice(0, from + begin.length)}\n\n${block}\n\n${readme.slice(to)}`;
}
