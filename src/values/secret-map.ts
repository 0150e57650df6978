// Secrets that a reusable workflow hands over in one piece: a YAML map by name, because a called workflow can't know
// the names of its caller's secrets. Nothing that is said about it may quote it.

import { load } from 'js-yaml';
import { RollbackPlanError } from '../errors.ts';

/** The environment variable that carries the map. */
export const secretMapVariable = 'ROLLBACK_PLAN_SECRETS';

/** GitHub takes 48 KB a secret and 100 of them; a text beyond this is not a map of secrets. */
const longestMap = 1_048_576;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * `NAME: "value"` lines to values by name. An empty value is one that GitHub did not have, and is left out.
 * Throws `input-invalid` for anything but a flat map of texts; the error never holds a part of what was given.
 */
export function readSecretMap(text: string): ReadonlyMap<string, string> {
  if (text.trim() === '') return new Map();
  if (text.length > longestMap) throw invalid(`it has ${text.length} characters`);
  const entries = Object.entries(parse(text));
  const found = new Map<string, string>();
  for (const [index, [name, value]] of entries.entries()) {
    // A name may be a secret that somebody pasted in the wrong place, so only its position is told.
    if (!variableName.test(name)) throw invalid(`entry ${index + 1} has no name of letters, digits and _`);
    if (typeof value !== 'string') throw invalid(`entry ${index + 1} is not a text in quotes`);
    if (value !== '') found.set(name, value);
  }
  return found;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let given: unknown;
  try {
    given = load(text, { maxAliases: 0 });
  } catch (error) {
    // The parser's message quotes the text; only the line is safe to repeat.
    throw invalid(`it is not YAML${lineOf(error)}`);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid('it is not a map');
  return { ...given };
}

function lineOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('mark' in error)) return '';
  const { mark } = error;
  if (typeof mark !== 'object' || mark === null || !('line' in mark) || typeof mark.line !== 'number')
    return '';
  return ` (line ${mark.line + 1})`;
}

function invalid(what: string): RollbackPlanError {
  return new RollbackPlanError('input-invalid', `the secret plan-secrets is not usable: ${what}`, {
    hint: 'Write one line a secret, with toJSON around each: NAME: ${{ toJSON(secrets.NAME) }}',
  });
}
