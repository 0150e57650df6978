// Keeps the parts that all end-to-end suites of one jest run share. Runs in jest's main process, as its global set-up:
// it starts nothing itself, it listens on a socket. The first suite that wants a part makes it, with a supervisor that
// holds on to this socket; the others are handed its description. When jest ends, however it ends, the kernel closes
// the connections, and the supervisors end what they started.
//
// Plain JavaScript, because jest loads a global set-up without transforming ES modules.
// Protocol, one JSON object a line. From a supervisor: {hold: true}. From a suite: {want: name}, answered by
// {have: description} or {make: true}; whoever makes it says {made: description}, or goes, and the next one makes it.
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** @type {Map<string, { description: unknown, maker: import('node:net').Socket | undefined, waiting: import('node:net').Socket[] }>} */
const parts = new Map();
/** @type {Set<import('node:net').Socket>} */
const holding = new Set();
let folder = '';
/** @type {import('node:net').Server | undefined} */
let server;

export default async function setUp() {
  folder = await mkdtemp(join(tmpdir(), 'rollback-plan-keeper-'));
  process.once('exit', removeFolder);
  const socket = join(folder, 'socket');
  server = createServer({ allowHalfOpen: true }, greet);
  await new Promise((done) => server.listen(socket, done));
  // jest decides when this process ends.
  server.unref();
  process.env['ROLLBACK_PLAN_TEST_KEEPER'] = socket;
}

/** Lets go of every part, and waits until it is gone. */
export async function tearDown() {
  const gone = [...holding].map((socket) => new Promise((done) => socket.once('close', done)));
  for (const socket of holding) {
    socket.ref();
    socket.end();
  }
  await Promise.all(gone);
  server?.close();
  removeFolder();
}

function removeFolder() {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {import('node:net').Socket} socket */
function greet(socket) {
  socket.unref();
  socket.on('error', () => {});
  const tell = (message) => socket.write(`${JSON.stringify(message)}\n`);
  createInterface({ input: socket }).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.hold === true) holding.add(socket);
    else if (typeof message.want === 'string') want(message.want, socket, tell);
    else if ('made' in message) made(socket, message.made);
  });
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    holding.delete(socket);
    for (const part of parts.values()) {
      part.waiting = part.waiting.filter((each) => each !== socket);
      if (part.maker === socket) appoint(part);
    }
  });
}

/** @param {string} name @param {import('node:net').Socket} socket */
function want(name, socket, tell) {
  const part = parts.get(name) ?? { description: undefined, maker: undefined, waiting: [] };
  parts.set(name, part);
  if (part.description !== undefined) {
    tell({ have: part.description });
    return;
  }
  part.waiting.push(socket);
  if (part.maker === undefined) appoint(part);
}

function appoint(part) {
  part.maker = part.description === undefined ? part.waiting.shift() : undefined;
  part.maker?.write('{"make":true}\n');
}

/** @param {import('node:net').Socket} maker */
function made(maker, description) {
  for (const part of parts.values()) {
    if (part.maker !== maker) continue;
    part.description = description;
    part.maker = undefined;
    for (const socket of part.waiting.splice(0)) socket.write(`${JSON.stringify({ have: description })}\n`);
  }
}
