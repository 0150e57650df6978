// Which variables a child process inherits: enough to find tools, clusters and clouds, and nothing else,
// so that a token or an action input in our own environment never reaches a script that did not ask for it.

/** Tells the action in which GitHub environment its job runs; no variable of the runner does. Children never get it. */
export const environmentVariable = 'ROLLBACK_PLAN_ENVIRONMENT';

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
    if (names.has(name) || pass.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)))
      kept[name] = value;
  }
  return { ...kept, ...added };
}
