// Every gate there is, in the order people read them. A gate that is not in this list does not exist.

import { backup } from './backup.ts';
import { customResource } from './custom-resource.ts';
import type { Gate } from './gate.ts';
import { hook } from './hook.ts';
import { image } from './image.ts';
import { pointOfNoReturn } from './point-of-no-return.ts';
import { removedApi } from './removed-api.ts';
import { rotatedSecret } from './rotated-secret.ts';
import { tool } from './tool.ts';

export const gates: readonly Gate<unknown>[] = [
  tool,
  image,
  rotatedSecret,
  hook,
  customResource,
  removedApi,
  backup,
  pointOfNoReturn,
];
