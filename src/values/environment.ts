// Which variables a child process inherits: enough to find tools, clusters and clouds, and nothing else,
// so that a token or an action input in our own environment never reaches a script that did not ask for it. Clouds and
// clusters are reached with credentials: which of what is passed is one, is told here, too.

/** Tells the action in which GitHub environment its job runs; no variable of the runner does. Children never get it. */
export const environmentVariable = 'ROLLBACK_PLAN_ENVIRONMENT';

/** Set, it leaves every automatic rollback to a person. */
const stopVariable = 'ROLLBACK_PLAN_STOP';

const names = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TERM',
  'TMPDIR',
  'TEMP',
  'TMP',
  'KUBECONFIG',
  'SSH_AUTH_SOCK',
  // By this the runner finds what a job left running and ends it; without it, a daemon of a script would live on.
  'RUNNER_TRACKING_ID',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NO_PROXY',
  'no_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
]);

/** Families that tools and credential plugins read. */
const prefixes = [
  'LC_',
  'XDG_',
  'HELM_',
  'KUBE_',
  'KUBERNETES_',
  'AWS_',
  'AZURE_',
  'GOOGLE_',
  'CLOUDSDK_',
  'GIT_SSH',
  'GIT_CONFIG_',
];

/** The allow-listed part of an environment, with the variables named in `pass` and a declared addition on top. */
export function childEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  pass: readonly string[] = [],
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) continue;
    if (isPassed(name) || pass.includes(name)) kept[name] = value;
  }
  return { ...kept, ...added };
}

/**
 * Values in what every child process inherits that are credentials by their variable's name, or stand as a password in
 * a URL: a script that prints its environment must not carry them into a log or a record. Paths to credentials are none.
 */
export function passedCredentials(own: Readonly<Record<string, string | undefined>>): readonly string[] {
  const found = Object.entries(own).flatMap(([name, value = '']) => {
    if (!isPassed(name)) return [];
    const passwords = passwordsIn(value);
    if (!isCredential(name, value, own)) return passwords;
    // Of a header, such as `AUTHORIZATION: basic …`, the credential may be printed alone.
    return [...passwords, value, /^[\w-]+: *(?:basic|bearer|token) +(\S+)$/i.exec(value.trim())?.[1] ?? ''];
  });
  return [...new Set(found)].filter((value) => !harmless.test(value));
}

/** What stands as a password in URLs of a text, as it is written there. */
export function passwordsIn(text: string): readonly string[] {
  return [...text.matchAll(/:\/\/[^/\s@]*?:([^/\s@]+)@/g)].map(([, password = '']) => password);
}

const isPassed = (name: string): boolean =>
  names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));

const credentialName =
  /SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|CONNECTION_STRING|_KEY$|AUTH$|^GIT_CONFIG_(?:VALUE_|PARAMETERS$)/;
/** Of the settings of Git, only these hold credentials; `init.defaultBranch=main` must not blank every `main`. */
const gitCredential = /extraheader|token|password|secret|credential|cookie|proxy|auth/i;
/** Words that credentials' variables hold when they are switches; blanking them would make a record unreadable. */
const harmless = /^(?:|true|false|none|null|auto|yes|no|on|off|\d{1,3})$/i;

function isCredential(
  name: string,
  value: string,
  own: Readonly<Record<string, string | undefined>>,
): boolean {
  if (!credentialName.test(name)) return false;
  const [, index] = /^GIT_CONFIG_VALUE_(\d+)$/.exec(name) ?? [];
  const setting = index === undefined ? undefined : own[`GIT_CONFIG_KEY_${index}`];
  if (setting !== undefined && !gitCredential.test(setting)) return false;
  // A secret key in base64 may begin with `/`, so only where a name speaks of files a value is taken for a path.
  const ofFile = /FILE|PATH|DIR|URI|CREDENTIALS?$|^GIT_CONFIG_/.test(name);
  return !(ofFile && /^(?:~|\.{0,2})\/[^\n]*$|^[A-Za-z]:[\\/]/.test(value));
}

/** What it says when somebody set it; an empty repository variable, `false` and `0` set nothing. */
export function stopIn(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const text = environment[stopVariable]?.trim() ?? '';
  return ['', 'false', '0'].includes(text.toLowerCase()) ? undefined : text.slice(0, 100);
}
