// What things in a plan may be called. Names end up in argv, file names, labels and expressions,
// so they never begin with a dash and never need quoting.

import { z } from 'zod';

/** Components, targets, scenarios, severities, services. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** What an expression can say after a dot: step ids, inputs. */
export const identifierPattern = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;
/** Any environment variable. */
export const environmentPattern = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** Environment variables that hold secrets, so that they are seen in scripts. */
export const variablePattern = /^[A-Z_][A-Z0-9_]{0,127}$/;
/** Free text on one line, such as a phase's name. */
export const titlePattern = /^(?![-\s])[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,120}$/u;
/** RFC 1123 label, as Kubernetes wants namespaces. */
export const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Git's rules for a branch name (`git check-ref-format --branch`), slightly tightened. */
export const branchPattern =
  /^(?![-/.])(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))[^\p{Cc}\s~^:?*[\\]{0,199}[^\p{Cc}\s~^:?*[\\/.]$/u;

const nameRule = 'a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit';
const identifierRule =
  'an identifier has 1 to 63 letters, digits, `_` or `-`, and begins with a letter or `_`';
const titleRule = 'expected one line of 1 to 120 characters that does not begin with `-` or a space';

export const name = z.string().regex(namePattern, nameRule);
export const identifier = z.string().regex(identifierPattern, identifierRule);
export const variableName = z
  .string()
  .regex(
    variablePattern,
    'an environment variable has capitals, digits or `_`, and does not begin with a digit',
  );
export const environmentName = z
  .string()
  .regex(
    environmentPattern,
    'an environment variable has letters, digits or `_`, and does not begin with a digit',
  );
export const title = z.string().regex(titlePattern, titleRule);
export const namespaceLabel = z
  .string()
  .regex(
    labelPattern,
    'a namespace has 1 to 63 small letters, digits or `-`, and begins and ends with a letter or a digit',
  );
export const branchName = z
  .string()
  .regex(branchPattern, 'a branch name must be one that `git check-ref-format --branch` accepts');

/** `Roll back` → `roll-back`: for keys and file names. Never empty, at most 63 characters. */
export function slug(text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return words?.join('-').slice(0, 63).replace(/-+$/, '') || 'unnamed';
}

/** `slug`, then `slug-2`, `slug-3`: the first that is not taken, which it then takes. */
export function uniqueSlug(text: string, taken: Set<string>): string {
  return countedUp(slug(text), '-', taken);
}

/** The text, then `text 2`, `text 3`: the first that is not taken, which it then takes. */
export function uniqueTitle(text: string, taken: Set<string>): string {
  return countedUp(text, ' ', taken);
}

function countedUp(base: string, separator: string, taken: Set<string>): string {
  let candidate = base;
  for (let n = 2; taken.has(candidate); n += 1) candidate = `${base}${separator}${n}`;
  taken.add(candidate);
  return candidate;
}
