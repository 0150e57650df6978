// What a person sees while parts are being fetched, compiled and started: whole lines, given to a listener.

/** Receives finished lines without a line break. */
export type Progress = (line: string) => void;

/** For callers that do not want to know. */
export const silent: Progress = () => {};

/**
 * Says every `everySeconds` that something is still going on, so that minutes of compiling never look like a hang.
 * @returns what `work` returns
 */
export async function withTicker<T>(
  progress: Progress,
  label: string,
  work: () => Promise<T>,
  everySeconds = 10,
): Promise<T> {
  const began = Date.now();
  const elapsed = (): number => Math.round((Date.now() - began) / 1000);
  const ticker = setInterval(() => progress(`${label} … ${elapsed()} s`), everySeconds * 1000);
  try {
    const result = await work();
    progress(`${label}: done in ${elapsed()} s`);
    return result;
  } finally {
    clearInterval(ticker);
  }
}
