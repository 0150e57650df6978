#!/usr/bin/env node
// The command line from a checkout or an installed package: the same bundle that the action runs.
import '../dist/index.js';
