// What a server wants, as its header `WWW-Authenticate` says it (RFC 9110): schemes with their parameters. Pure.

export type Challenge = {
  /** Small letters: `bearer`, `basic`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
};

const longest = 4_096;

/** In the order given. What makes no sense is left out. */
export function readChallenges(header: string): readonly Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  const tokens = header
    .slice(0, longest)
    .matchAll(/([A-Za-z0-9_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g);
  for (const [, word = '', quoted, plain] of tokens) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) found.push({ scheme: word.toLowerCase(), parameters: {} });
    else {
      const last = found.at(-1);
      if (last !== undefined) last.parameters[word.toLowerCase()] = value;
    }
  }
  return found;
}
