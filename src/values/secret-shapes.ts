// What looks like a secret although nobody declared it: by the name it stands under, or by its form. For state and logs
// that are kept; rather a value too many is hidden than one too few, and what is hidden is said.

import { redacted } from './redaction.ts';

const secretWords = new Set(
  'password passwd passphrase pass pwd secret secrets token tokens credential credentials apikey salt dsn'.split(
    ' ',
  ),
);
const secretEndings =
  /(?:password|passwd|passphrase|secret|token|apikey|privatekey|secretkey|accesskey|dockerconfigjson)$/;
/** `key` alone is a cache key as often as not. */
const keyOwners = new Set(
  'api access private secret signing encryption master license ssh tls shared storage account auth session'.split(
    ' ',
  ),
);
/** What is said *about* a secret: its name, where it lies, how long it holds. */
const aboutWords = new Set(
  'name names ref refs file files path dir ttl seconds minutes hours expiration expiry expires timeout issuer audience enabled type provider class mount length size count limit policy algorithm rotation url uri endpoint header version'.split(
    ' ',
  ),
);
const aboutFirst = new Set(['existing', 'max', 'min', 'use', 'create', 'enable', 'disable', 'num', 'pull']);

/** Whether a value under this name (`DB_PASSWORD`, `apiKey`, `auth.token`) is likely to be a secret. */
export function looksSecret(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const [first = '', ...others] = words;
  const last = words.at(-1) ?? '';
  if (aboutWords.has(last) || aboutFirst.has(first) || others.includes('pull')) return false;
  if (words.some((word) => secretWords.has(word))) return true;
  if (secretEndings.test(last)) return true;
  // `client-key-data` of a kubeconfig.
  if (last === 'data' && words.at(-2) === 'key') return true;
  return last === 'key' && words.some((word) => keyOwners.has(word));
}

const keyBegins = /-----BEGIN ([A-Z ]{0,40}PRIVATE KEY)-----/g;
const keyEnds = /-----END [A-Z ]{0,40}PRIVATE KEY-----/;
const longestKey = 32_768;
/** A line of a key's body; a log has the time before it. */
const keyBody = /^(?:\S{1,60} )?\s{0,40}[\w+/]{16,}={0,2}\s*$/;
/** The same in base64, as kubeconfigs and charts have it; certificates begin alike and are for everybody. */
const encodedPem = /\bLS0tLS1CRUdJTi[\w+/=-]{20,}/g;
/** Variables as text: `{"name":"DB_PASSWORD","value":"this"}`, escaped or not, and `- name: …` with `value: …` below. */
const jsonPairs =
  /(\\*"name\\*"\s{0,4}:\s{0,4}\\*"([\w.-]{1,100})\\*"\s{0,4},\s{0,4}\\*"value\\*"\s{0,4}:\s{0,4}\\*")([^"\\\n]{1,2000})/g;
const yamlPairs =
  /(\bname:[ \t]{0,4}["']?([\w.-]{1,100})["']?[ \t]{0,4}\r?\n[ \t]{0,100}value:[ \t]{0,4})([^\s][^\n]{0,2000})/g;
const xmlElements = /(<([A-Za-z][\w.-]{0,100})>)([^<>\n]{1,2000})(?=<\/)/g;
/** Logins of registries, base64 of `user:password`. */
const dockerAuth = /(\\*"auth\\*"\s{0,4}:\s{0,4}\\*")([\w+/=-]{8,2000})(?=\\*")/g;
/** `postgres://user:this@host`. */
const inUrls = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@'"]{0,200}:)[^\s/@'"]{1,400}(@)/gi;
const authorization = /\b(Bearer|Basic)(\s+)[\w.~+/=-]{8,}/gi;
const wellKnown =
  /\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|A[KS]IA[0-9A-Z]{16}|xox[abeprs]-[\w-]{10,}|sk_live_\w{16,}|AIza[\w-]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g;
/** `name: value`, `name=value`, `"name":"value"` (escaped or not). */
const assignments =
  /(?<![\w.-])(-{0,2}[A-Za-z_][\w.-]{0,100})(\\?["']?\s{0,4}[:=]\s{0,4})(\\?"[^"\\\n]{1,2000}\\?"|'[^'\n]{1,2000}'|[^\s,;&"'\\{}[\]|>]{1,2000})/g;
/** `--name value`. */
const flags =
  /(?<![\w.-])(--[A-Za-z_][\w.-]{0,100})(\s{1,4})("[^"\\\n]{1,2000}"|'[^'\n]{1,2000}'|[^\s,;&"'-][^\s,;&"']{0,2000})/g;
/** Most lines have none of these, and then nothing on them is looked at closely. */
const worthALook = /pass|pwd|secret|token|credential|key|salt|dsn/i;
const nothingSecret = /^(?:true|false|null|nil|none|undefined|~|\*+|\$[({]?[\w.]+[)}]?|<[^>]*>)$/i;

/** A text in which what looks like a secret is `***`; names stay. Other texts come back as they are. */
export function hideSecretShapes(text: string): string {
  return hideKeys(hideInPairs(text)).split('\n').map(hideInLine).join('\n');
}

/** From begin to end of a key; where one of them was cut away, the lines beside the other that look like its body. */
function hideKeys(text: string): string {
  if (!text.includes('PRIVATE KEY-----')) return text;
  let out = '';
  let at = 0;
  for (const begin of text.matchAll(keyBegins)) {
    if (begin.index < at) continue;
    const from = begin.index + begin[0].length;
    out += `${text.slice(at, begin.index)}${begin[0]} ${redacted}`;
    const end = keyEnds.exec(text.slice(from, from + longestKey));
    at = end === null ? endOfBody(text, from) : from + end.index + end[0].length;
  }
  const lines = (out + text.slice(at)).split('\n');
  for (const [index, line] of lines.entries()) {
    if (!keyEnds.test(line)) continue;
    for (let above = index - 1; keyBody.test(lines[above] ?? ''); above--) lines[above] = redacted;
  }
  return lines.join('\n');
}

function endOfBody(text: string, from: number): number {
  if (text.startsWith(` ${redacted}`, from)) return from + redacted.length + 1;
  let end = from + (/^[\w+/=\\ ]*/.exec(text.slice(from, from + longestKey))?.[0].length ?? 0);
  while (text[end] === '\n') {
    const next = text.indexOf('\n', end + 1);
    const line = text.slice(end + 1, next === -1 ? undefined : next);
    if (line.length > 1_000 || !keyBody.test(line)) break;
    end += 1 + line.length;
  }
  return end;
}

/** Where the name of a value stands beside it, and not before a sign. */
function hideInPairs(text: string): string {
  const formless = text
    .replace(encodedPem, (whole) =>
      Buffer.from(whole.slice(0, 64), 'base64').toString('latin1').includes('PRIVATE KEY') ? redacted : whole,
    )
    .replace(dockerAuth, `$1${redacted}`);
  if (!worthALook.test(formless)) return formless;
  const hide = (whole: string, before: string, name: string, value: string): string =>
    looksSecret(name) && !nothingSecret.test(value.trim()) ? `${before}${redacted}` : whole;
  return formless.replace(jsonPairs, hide).replace(yamlPairs, hide).replace(xmlElements, hide);
}

function hideInLine(line: string): string {
  const formless = (line.includes('://') ? line.replace(inUrls, `$1${redacted}$2`) : line)
    .replace(authorization, `$1$2${redacted}`)
    .replace(wellKnown, redacted);
  if (!worthALook.test(formless)) return formless;
  return formless.replace(assignments, hideValue).replace(flags, hideValue);
}

function hideValue(whole: string, name: string, sign: string, value: string): string {
  const [, quote = '', bare = value] = /^(\\?["']?)(.*?)\1$/.exec(value) ?? [];
  if (!looksSecret(name) || nothingSecret.test(bare)) return whole;
  return `${name}${sign}${quote}${redacted}${quote}`;
}
