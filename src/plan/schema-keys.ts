// Which keys a zod schema knows at a path, so that "did you mean" can offer them: zod reports an unknown key,
// but not the known ones.

import { z } from 'zod';
import type { Path } from './plan.ts';

/** The known keys of the map at a path, over all branches of unions. */
export function keysKnownAt(schema: z.ZodType, path: Path): readonly string[] {
  let here: readonly z.ZodType[] = [schema];
  for (const part of path) here = here.flatMap((each) => childrenAt(each, part));
  return [...new Set(here.flatMap(shapesOf).flatMap((shape) => Object.keys(shape)))];
}

function childrenAt(schema: z.ZodType, part: string | number): readonly z.ZodType[] {
  return plain(schema).flatMap((each): readonly z.ZodType[] => {
    if (each instanceof z.ZodObject) {
      const shape: Readonly<Record<string, unknown>> = each.shape;
      const child = Object.hasOwn(shape, part) ? shape[part] : undefined;
      return child instanceof z.ZodType ? [child] : [];
    }
    if (each instanceof z.ZodArray && each.element instanceof z.ZodType) return [each.element];
    if (each instanceof z.ZodRecord && each.valueType instanceof z.ZodType) return [each.valueType];
    return [];
  });
}

function shapesOf(schema: z.ZodType): readonly Readonly<Record<string, unknown>>[] {
  return plain(schema).flatMap((each) => (each instanceof z.ZodObject ? [each.shape] : []));
}

/** A schema without its wrappers; a union as its branches. */
function plain(schema: z.ZodType): readonly z.ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrapped(schema.unwrap());
  }
  if (schema instanceof z.ZodLazy) return unwrapped(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrapped);
  if (schema instanceof z.ZodIntersection) {
    return [...unwrapped(schema.def.left), ...unwrapped(schema.def.right)];
  }
  return [schema];
}

function unwrapped(inner: unknown): readonly z.ZodType[] {
  return inner instanceof z.ZodType ? plain(inner) : [];
}
