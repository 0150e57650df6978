// What a pod template hangs together with: the ConfigMaps and Secrets it names, who scales it, who sends it traffic. Pure.

import { isJsonObject, type Json, type JsonObject } from '../../values/json.ts';
import type { WorkloadReference } from '../../values/workload-reference.ts';

export type Referenced = { readonly configMaps: readonly string[]; readonly secrets: readonly string[] };

/** Names in environment, volumes, projected volumes and pull secrets of pod specs, whatever container they are in. */
export function referencedBy(podSpecs: readonly Json[]): Referenced {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const take = (into: Set<string>, name: Json | undefined): void => {
    if (typeof name === 'string' && name !== '') into.add(name);
  };
  const walk = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const each of value) walk(each);
    if (!isJsonObject(value)) return;
    for (const [key, child] of Object.entries(value)) {
      const named = isJsonObject(child) ? child : {};
      if (['configMapRef', 'configMapKeyRef', 'configMap'].includes(key)) take(configMaps, named['name']);
      else if (['secretRef', 'secretKeyRef'].includes(key)) take(secrets, named['name']);
      else if (key === 'secret') take(secrets, named['secretName'] ?? named['name']);
      else if (key === 'imagePullSecrets' && Array.isArray(child)) {
        for (const each of child) take(secrets, isJsonObject(each) ? each['name'] : undefined);
      } else walk(child);
    }
  };
  for (const each of podSpecs) walk(each);
  // Put into every namespace by the cluster itself.
  configMaps.delete('kube-root-ca.crt');
  return { configMaps: [...configMaps].sort(), secrets: [...secrets].sort() };
}

export function scales(autoscaler: JsonObject, { kind, name }: WorkloadReference): boolean {
  const target = child(child(autoscaler, 'spec'), 'scaleTargetRef');
  return child(target, 'kind') === kind && child(target, 'name') === name;
}

/** Whether a Service sends traffic to pods with these labels; one without a selector sends it elsewhere. */
export function selects(service: JsonObject, labels: JsonObject): boolean {
  const selector = child(child(service, 'spec'), 'selector');
  if (!isJsonObject(selector) || Object.keys(selector).length === 0) return false;
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Names of the Services that an Ingress has as backends. */
export function backendsOf(ingress: JsonObject): readonly string[] {
  const names: string[] = [];
  const walk = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const each of value) walk(each);
    if (!isJsonObject(value)) return;
    for (const [key, each] of Object.entries(value)) {
      const name = key === 'service' ? child(each, 'name') : undefined;
      if (typeof name === 'string') names.push(name);
      else walk(each);
    }
  };
  walk(child(ingress, 'spec'));
  return names;
}

export function child(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined;
}
