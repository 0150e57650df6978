// Keys that no plan of this version has, but that people write for a reason: what to say to them.

/** Keys the design knows and this version doesn't act on: refused, but not as a typing error. */
export const laterKeys: ReadonlySet<string> = new Set(['notify', 'authority', 'may', 'baseline', 'board']);

/** Keys people bring from workflows or from the wrong level, and what to write instead. */
export const elsewhere: ReadonlyMap<string, string> = new Map([
  ['steps', 'steps belong into a phase: `phases: [{ name: …, steps: […] }]`'],
  ['jobs', 'a plan has `phases` with `steps`, no jobs'],
  ['on', 'a plan has no events; the workflow that calls it does'],
  ['permissions', 'permissions belong into the workflow that calls the plan'],
  ['runs-on', 'the workflow that calls the plan chooses the runner'],
  ['timeout-minutes', 'write `timeout: 5m`'],
  ['continue-on-error', 'write `on-failure: continue`'],
  ['working-directory', 'begin the script with `cd folder`'],
  ['needs', 'phases run in the order written'],
]);
