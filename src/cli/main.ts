#!/usr/bin/env node
/** The program: the real streams, the real process, and nothing that a test would want to call. */
import { commands } from './commands.ts';
import { exit } from './exit.ts';
import { interruption } from './interrupt.ts';
import { output } from './output.ts';
import { fail, run } from './program.ts';

const around = { stdout: process.stdout, stderr: process.stderr, env: process.env, interruption };

// A reader that has seen enough (`| head`) closes the pipe. The verdict still counts, so only the printing stops.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(exit.fault);
  });
}

process.on('uncaughtException', (error) => {
  process.exit(fail(error, { around, out: output(around, false) }));
});

// Ends by itself when nothing is left to do: process.exit() would cut what a pipe has not taken yet.
process.exitCode = await run(process.argv.slice(2), commands, around);
