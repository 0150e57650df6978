// Starts the processes of a real part (a cluster, a forge, a compiler) and outlives nobody: when its standard
// input closes, it kills all of them and removes their folder. The kernel closes that pipe however the owner
// dies, kill -9 included, so one rule covers a normal stop, Ctrl-C, a crash and a killed test run.
// Where several processes share the part, one of them listens on a socket: then that connection counts instead, and
// whoever happened to start the part may go.
//
// Plain JavaScript, because tests run it from the sources while everybody else runs it from lib/.
// Arguments: the folder to remove, or ''; the socket to hold on to, if any.
// Protocol, one JSON object a line. In: {start: {name, command, args, cwd, env, log}}, {stop: true}.
// Out: {started, pid} and {exited, code, signal}, or {exited, error} if it could not be started.
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

const [folder = '', keeper = ''] = process.argv.slice(2);
/** Process groups that are alive: pid of the leader → promise of its end. */
const alive = new Map();

/** @param {unknown} message */
function tell(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** @param {{name: string, command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv, log: string}} request */
function start(request) {
  const log = openSync(request.log, 'a');
  // detached: a process group of its own, so that what it starts itself (git below the forge, the compilers
  // below go) is killed with it.
  const child = spawn(request.command, request.args, {
    cwd: request.cwd,
    env: request.env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      tell({ exited: request.name, error: error.message });
      resolve(undefined);
    });
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) {
        endGroup(child.pid);
        alive.delete(child.pid);
      }
      tell({ exited: request.name, code, signal });
      resolve(undefined);
    });
  });
  if (child.pid !== undefined) {
    alive.set(child.pid, ended);
    tell({ started: request.name, pid: child.pid });
  }
}

/** @param {number} leader */
function endGroup(leader) {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The whole group is gone already.
  }
}

let ending = false;

async function end() {
  if (ending) return;
  ending = true;
  for (const leader of alive.keys()) endGroup(leader);
  await Promise.all(alive.values());
  if (folder !== '') rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

// The owner may be gone when we report: that is no error, it is the moment to leave.
process.stdout.on('error', () => {});
// Ctrl-C in a terminal is for the owner; the pipe tells us what the owner made of it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const message = JSON.parse(line);
  if (message.stop === true) end();
  else start(message.start);
});
if (keeper === '') lines.on('close', end);
else hold();

function hold() {
  // Half open: the keeper's end is the word to leave, and ours, when everything is gone, the answer.
  const socket = connect({ path: keeper, allowHalfOpen: true }, () => socket.write('{"hold":true}\n'));
  const left = () => {
    rmSync(dirname(keeper), { recursive: true, force: true });
    end();
  };
  socket.on('error', () => {});
  socket.on('end', left);
  socket.on('close', left);
  socket.resume();
}
