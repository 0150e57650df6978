// What only gates ask about: names that registries and backups refer to.

import { isJsonObject, type Json } from '../values/json.ts';
import { suggestion } from '../values/suggest.ts';
import type { Span } from './document.ts';
import type { Finding } from './findings.ts';
import { type Outline, textOf } from './outline.ts';
import type { Rule } from './rules.ts';

export function lintGates(outline: Outline): readonly Finding[] {
  return [...lintRegistries(outline), ...lintBackups(outline)];
}

function lintRegistries({ top, document }: Outline): readonly Finding[] {
  const secrets = itemsOf(top['secrets']);
  const seen = new Set<string>();
  return itemsOf(top['registries']).flatMap((registry, index): readonly Finding[] => {
    if (!isJsonObject(registry)) return [];
    const path = ['registries', index];
    const found = (['username-secret', 'password-secret'] as const).flatMap((key) => {
      const given = textOf(registry[key]);
      if (given === undefined || secrets.includes(given)) return [];
      const known = secrets.filter((each) => typeof each === 'string');
      const hint = suggestion(given, known) ?? `add it: secrets: [${[...known, given].join(', ')}]`;
      const message = `\`secrets\` does not list \`${given}\``;
      return [error('unknown-secret', message, hint, document.spanOf([...path, key]))];
    });
    const host = textOf(registry['host']);
    if (host !== undefined && seen.has(host)) {
      const span = document.spanOf([...path, 'host']);
      found.push(
        error('duplicate-registry', `there is already a registry \`${host}\``, 'keep one of them', span),
      );
    }
    if (host !== undefined) seen.add(host);
    return found;
  });
}

function lintBackups({ top, document, components }: Outline): readonly Finding[] {
  const names = components.map(({ name }) => name);
  return document.keysAt(['backups']).flatMap((backup) => {
    const backups = top['backups'];
    const value = isJsonObject(backups) ? backups[backup] : undefined;
    return itemsOf(isJsonObject(value) ? value['for'] : undefined).flatMap((component, index) => {
      if (typeof component !== 'string' || names.includes(component)) return [];
      const span = document.spanOf(['backups', backup, 'for', index]);
      const hint = suggestion(component, names) ?? 'declare it under `components:`';
      return [error('unknown-component', `there is no component \`${component}\``, hint, span)];
    });
  });
}

function itemsOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function error(rule: Rule, message: string, hint: string, span: Span): Finding {
  return { rule, severity: 'error', message, hint, ...span };
}
