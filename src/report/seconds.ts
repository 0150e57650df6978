// Milliseconds as the result gives them: seconds, never negative.

export function inSeconds(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds)) / 1000;
}

export function maybeInSeconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : inSeconds(milliseconds);
}
