// A system of XState 4 that @xstate/inspect shows: prints the port, and each event that a viewer sends back.
import { createRequire } from 'node:module';
import { WebSocketServer } from 'ws';

const require = createRequire(import.meta.url);
const { inspect } = require('@xstate/inspect/lib/server.js');
const { createMachine, interpret } = require('xstate');
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
inspect({ server });
const light = interpret(createMachine({ id: 'light', predictableActionArguments: true, initial: 'green', states: { green: { on: { NEXT: 'red' } }, red: { on: { NEXT: 'green' } } } }), { devTools: true });
light.onTransition((state) => { process.stdout.write(`${JSON.stringify({ state: state.value, session: light.sessionId })}\n`); });
light.start();
globalThis.__xstate__?.services.size === 0 && globalThis.__xstate__.register(light);
server.on('listening', () => { process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`); });
process.stdin.on('end', () => process.exit(0)).resume();
