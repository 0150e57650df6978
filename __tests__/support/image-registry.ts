// Images in the real registry of the forge, pushed and removed by the distribution API as any client does.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Forge } from '../../tools/real-parts/forge.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const tokenAnswer = z.object({ token: z.string() });

export type ImageRegistry = {
  /** `127.0.0.1:3000` */
  readonly host: string;
  /** An image whose only content is this text. Resolves to the digest of its manifest. */
  push(name: string, tag: string, content: string): Promise<string>;
  remove(name: string, reference: string): Promise<void>;
};

/** `user` and `token`: who pushes; a token with the scope `write:package`. */
export function imageRegistry(forge: Forge, user: string, token: string): ImageRegistry {
  const call = async (method: string, path: string, body?: string, type?: string): Promise<void> => {
    const basic = `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
    const given = await fetch(`${forge.url}/v2/token`, { headers: { authorization: basic } });
    const { token: bearer } = tokenAnswer.parse(await given.json());
    const response = await fetch(`${forge.url}/v2/${user}/${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  const blob = async (name: string, content: string): Promise<{ digest: string; size: number }> => {
    const digest = digestOf(content);
    await call('POST', `${name}/blobs/uploads?digest=${digest}`, content, 'application/octet-stream');
    return { digest, size: Buffer.byteLength(content) };
  };
  return {
    host: new URL(forge.url).host,
    async push(name, tag, content) {
      const config = await blob(
        name,
        JSON.stringify({
          architecture: 'amd64',
          os: 'linux',
          config: {},
          rootfs: { type: 'layers', diff_ids: [] },
        }),
      );
      const layer = await blob(name, content);
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
        layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
      });
      await call('PUT', `${name}/manifests/${tag}`, manifest, manifestType);
      return digestOf(manifest);
    },
    remove: (name, reference) => call('DELETE', `${name}/manifests/${reference}`),
  };
}

function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
