// Finds TCP ports on loopback that nobody listens on at this moment.
import { createServer } from 'node:net';

/**
 * Distinct free ports. Somebody else may take one before it is used: starting with them has to be repeatable.
 * @param count how many
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  // All open at once, so that no port is handed out twice.
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            if (address === null || typeof address === 'string') reject(new Error('no TCP port'));
            else resolve(address.port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Whether a log says that a port was taken after all. */
export function saysPortTaken(log: string): boolean {
  return /address already in use|EADDRINUSE/i.test(log);
}
