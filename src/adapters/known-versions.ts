// A tool is asked for its version once in a run, however many want to know: each ask is a process, and the button is
// pressed in a hurry.

import type { CommandOutcome, Processes } from '../ports.ts';

/** The same processes; `<tool> version …` and `<tool> --version` are run once for each command line that succeeded. */
export function withKnownVersions(processes: Processes): Processes {
  const known = new Map<string, CommandOutcome>();
  return {
    ...processes,
    async run(command, limits) {
      const { argv, ...rest } = command;
      const asked = argv[1] === 'version' || (argv[1] === '--version' && argv.length === 2);
      // With its own environment, folder or input it is another question.
      if (!asked || Object.values(rest).some((value) => value !== undefined)) {
        return await processes.run(command, limits);
      }
      const key = JSON.stringify(argv);
      const before = known.get(key);
      if (before !== undefined) return before;
      const outcome = await processes.run(command, limits);
      if (outcome.ended === 'exited' && outcome.exitCode === 0) known.set(key, outcome);
      return outcome;
    },
  };
}
