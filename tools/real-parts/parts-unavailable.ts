// The one error that says "this machine does not have it yet", so that a demo can fall back and a test can be skipped.

export class PartsUnavailable extends Error {
  override readonly name = 'PartsUnavailable';
  /** The tool that is missing, such as `kwok`. */
  readonly part: string;
  /** What a person does about it, a command where there is one. */
  readonly install: string;

  constructor(part: string, reason: string, install: string, options?: { cause: unknown }) {
    super(`${part} is not available: ${reason}\n  ${install}`, options);
    this.part = part;
    this.install = install;
  }
}
