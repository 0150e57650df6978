// The gate `removed-api`: an earlier version may be written in API versions that the server has dropped since.

import { z } from 'zod';
import { toRollbackPlanError } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../../values/json.ts';
import { type Gate, type GateFinding, type GateSubject, hazardsFor } from './gate.ts';

const resourceList = z.object({ resources: z.array(z.object({ kind: z.string() })) });

/** Kinds that the server serves in an API version; none for a version that it does not know; or why it can't be asked. */
export type Served = { readonly kinds: readonly string[] } | { readonly why: string };

export type ApiFacts = {
  /** What kinds of component told. */
  readonly told: readonly GateFinding[];
  readonly objects: readonly {
    readonly component: string;
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
  }[];
  readonly served: ReadonlyMap<string, Served>;
};

export const removedApi: Gate<ApiFacts> = {
  name: 'removed-api',
  summary: 'The server serves every API version that the earlier version is written in.',
  override: 'removed-api',
  collect: collectApis,
  judge: judgeApis,
};

async function collectApis(subject: GateSubject): Promise<ApiFacts> {
  const objects = [...subject.pins].flatMap(([component, { prepared }]) =>
    (prepared.objects ?? []).map((object) => ({ component, ...identityOf(object) })),
  );
  const versions = [...new Set(objects.map(({ apiVersion }) => apiVersion))];
  const served = await Promise.all(
    versions.map(async (version) => [version, await servedIn(version, subject)] as const),
  );
  return { told: hazardsFor('removed-api', subject.pins), objects, served: new Map(served) };
}

function identityOf(object: JsonObject): { apiVersion: string; kind: string; name: string } {
  const { apiVersion, kind, metadata } = object;
  const name = isJsonObject(metadata) ? metadata['name'] : undefined;
  return { apiVersion: String(apiVersion ?? ''), kind: String(kind ?? ''), name: String(name ?? '') };
}

async function servedIn(apiVersion: string, { context, signal }: GateSubject): Promise<Served> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  try {
    const parsed = resourceList.safeParse(await context.cluster.get(path, signal));
    return { kinds: parsed.success ? parsed.data.resources.map(({ kind }) => kind) : [] };
  } catch (thrown) {
    return { why: toRollbackPlanError(thrown).message };
  }
}

export function judgeApis({ told, objects, served }: ApiFacts): readonly GateFinding[] {
  const components = [...new Set(objects.map(({ component }) => component))];
  const found = components.flatMap((component): readonly GateFinding[] => {
    const own = objects.filter((object) => object.component === component);
    const gone = own.filter(({ apiVersion, kind }) => {
      const answer = served.get(apiVersion);
      return answer !== undefined && 'kinds' in answer && !answer.kinds.includes(kind);
    });
    const unasked = [...new Set(own.map(({ apiVersion }) => apiVersion))].flatMap((apiVersion) => {
      const answer = served.get(apiVersion);
      return answer !== undefined && 'why' in answer ? [`${apiVersion}: ${answer.why}`] : [];
    });
    if (gone.length > 0) {
      const list = gone.map(({ apiVersion, kind, name }) => `${kind}/${name} in ${apiVersion}`).join(', ');
      return [
        {
          state: 'refuse',
          subject: component,
          detail: `this server does not serve ${list}`,
          hint: 'Choose a later version that is written for this server, or go forward. What is served: kubectl api-resources. A Helm record can be rewritten with: helm mapkubeapis <release>',
        },
      ];
    }
    if (unasked.length > 0) {
      return [
        {
          state: 'unknown',
          subject: component,
          detail: `the server could not be asked about ${unasked.join('; ')}`,
          hint: 'Look yourself: kubectl api-resources',
        },
      ];
    }
    const count = new Set(own.map(({ apiVersion }) => apiVersion)).size;
    return [
      {
        state: 'pass',
        subject: component,
        detail: `${own.length} ${own.length === 1 ? 'object' : 'objects'} in ${count} API ${count === 1 ? 'version' : 'versions'}, all served`,
      },
    ];
  });
  return [...told, ...found];
}
