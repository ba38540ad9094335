// The receiver of @xstate/inspect: prints what it is told, one JSON line each, and sends back the events that stdin names.
import { createInterface } from 'node:readline';
import { createWebSocketReceiver } from '@xstate/inspect';
import { WebSocket } from 'ws';

globalThis.WebSocket ??= WebSocket;
const receiver = createWebSocketReceiver({ server: process.argv[2] });
const print = (told) => { process.stdout.write(`${JSON.stringify(told)}\n`); };

receiver.subscribe((told) => {
  if (told.type === 'service.register') {
    const { machine, state, sessionId, id, parent } = told;
    const ids = machine.stateIds;
    // What XState 4 makes of machine and state, not what was sent.
    print({ type: told.type, sessionId, id, parent, states: ids.sort(), events: machine.events.sort(), value: state.value, context: state.context, matches: ids.length > 1 ? machine.resolveState(state).configuration.map((node) => node.id).sort() : [] });
  } else if (told.type === 'service.state') print({ type: told.type, sessionId: told.sessionId, value: told.state.value, context: told.state.context, event: told.state.event });
  else print(told);
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const { to, event } = JSON.parse(line);
  receiver.send({ type: 'xstate.event', event: JSON.stringify({ name: event.type, data: event, $$type: 'scxml', type: 'external', origin: to }), service: to });
});
