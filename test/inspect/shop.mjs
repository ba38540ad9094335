// An application of somebody else, shown by the real @statelyai/inspect: parallel and nested states, invoked and spawned actors.
// Each line of stdin is an event for it, as JSON; it prints its state after each.
import { createInterface } from 'node:readline';
import { createWebSocketInspector } from '@statelyai/inspect';
import { assign, createActor, fromCallback, fromPromise, sendTo, setup } from 'xstate';

const basket = setup({}).createMachine({
  id: 'basket', initial: 'empty', context: { items: [] },
  states: {
    empty: { on: { ADD: { target: 'filled', actions: 'put' } } },
    filled: { on: { ADD: { actions: 'put' }, CLEAR: { target: 'empty', actions: 'clear' } } },
  },
}).provide({ actions: { put: assign({ items: ({ context, event }) => [...context.items, event.item] }), clear: assign({ items: [] }) } });

const shop = setup({
  actors: {
    basket,
    pay: fromPromise(({ input }) => (input.amount > 100 ? Promise.reject(new Error('too much')) : Promise.resolve({ receipt: `r-${input.amount}` }))),
    clock: fromCallback(({ sendBack, receive }) => { receive(({ type }) => { if (type === 'WIND') sendBack({ type: 'TICK' }); }); }),
  },
  guards: { solvent: ({ context }) => context.amount > 0 },
}).createMachine({
  id: 'shop', type: 'parallel', context: { amount: 0, visits: 0, receipt: null, address: { city: 'Köln', lines: ['a', 'b'] } },
  states: {
    door: {
      initial: 'open', invoke: { src: 'clock', id: 'clock' },
      states: { open: { on: { CLOSE: 'closed' } }, closed: { on: { OPEN: 'open' }, description: 'Nobody comes in.' } },
      on: { TICK: { actions: assign({ visits: ({ context }) => context.visits + 1 }) }, WIND: { actions: sendTo('clock', { type: 'WIND' }) } },
    },
    order: {
      initial: 'browsing',
      states: {
        browsing: {
          entry: assign(({ spawn, context }) => ({ ...context, basket: spawn('basket', { id: 'basket' }) })),
          on: { ADD: { actions: [assign({ amount: ({ context, event }) => context.amount + event.price }), sendTo('basket', ({ event }) => ({ type: 'ADD', item: event.item }))] }, PAY: [{ guard: 'solvent', target: 'paying' }, { target: 'browsing.hint' }] },
          initial: 'quiet', states: { quiet: {}, hint: { after: { 60000: 'quiet' } } },
        },
        paying: { invoke: { src: 'pay', id: 'pay', input: ({ context }) => ({ amount: context.amount }), onDone: { target: 'paid', actions: assign({ receipt: ({ event }) => event.output.receipt }) }, onError: 'refused' } },
        refused: { always: { guard: ({ context }) => context.amount < 50, target: 'browsing' }, on: { PAY: 'paying' } },
        paid: { type: 'final' },
      },
    },
  },
});

const inspector = createWebSocketInspector({ url: process.argv[2], maxDeferredEvents: 10_000 });
const actor = createActor(shop, { inspect: inspector.inspect });
actor.subscribe(({ value, context: { amount } }) => { process.stdout.write(`${JSON.stringify({ value, amount })}\n`); });
actor.start();
createInterface({ input: process.stdin }).on('line', (line) => { actor.send(JSON.parse(line)); }).on('close', () => process.exit(0));
