// Who may talk to the test cluster: users with static tokens, their kubeconfig files, and the key that signs
// service account tokens.
import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** Always there, member of system:masters. */
export const adminUser = 'admin';

/** A fresh token per user. They are worth nothing outside one cluster on one machine's loopback. */
export function createTokens(users: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [adminUser, ...users].map((user) => [user, `${user}-${randomBytes(16).toString('hex')}`]),
  );
}

/** The file for the API server's --token-auth-file. Everybody but admin starts without any right. */
export function tokenFile(tokens: Readonly<Record<string, string>>): string {
  return Object.entries(tokens)
    .map(([user, token]) => `${token},${user},${user}${user === adminUser ? ',system:masters' : ''}\n`)
    .join('');
}

/** A private key in PEM; the API server and the controller manager both derive the public half from it. */
export function serviceAccountKey(): string {
  // Elliptic, because an RSA key costs up to a second of the start.
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}

/** A kubeconfig as JSON, which is YAML. */
export function kubeconfigText(request: {
  readonly server: string;
  readonly certificateAuthority: string;
  readonly user: string;
  readonly token: string;
  readonly namespace?: string;
}): string {
  const { server, certificateAuthority, user, token, namespace = 'default' } = request;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'rollback-plan-test',
    clusters: [
      {
        name: 'rollback-plan-test',
        cluster: {
          server,
          'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'rollback-plan-test', context: { cluster: 'rollback-plan-test', user, namespace } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
