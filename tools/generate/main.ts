// `npm run generate`: everything that is generated from code and manifest; `--check` only looks.

import './schema.ts';
import './plan-reference.ts';
import './readme.ts';
import './twin-manifest.ts';
import './workflow-tables.ts';
