/** What may happen next: messages to deliver, answers of the environment, calls of idle threads; and what may not, and why. */
import { environment, nameOf } from '../../../../machines/address.ts';
import type { Message } from '../../../../machines/chart.ts';
import { errnoName } from '../../../../machines/kernel.ts';
import { eventText } from '../../../log/why.ts';
import { isAnswer, type Choice } from '../../../world/world.ts';
import { argumentsOf, short } from '../words.ts';
import { Icon } from '../shell/icon.tsx';
import type { Session } from '../session.ts';
import type { Forecast } from './forecast.ts';
import { choiceKey, forecastsOf, type Forecasts } from './forecasts.ts';
import './drive.css';

interface Props { readonly session: Session }

const marks: Readonly<Record<Forecast['kind'], string>> = { done: '✓', same: '=', refused: '✗', waits: '‖', ignored: '∅', moves: '→', unknown: '?' };

export function Drive({ session }: Props) {
  const choices = session.choices.value;
  const forecasts = forecastsOf(session).value;
  const starts = choices.filter(({ kind }) => kind === 'start');
  const deliveries = choices.filter(({ kind }) => kind !== 'start');
  const asked = [...new Set(deliveries.flatMap((choice) => (choice.kind === 'start' ? [] : [choice.index])))];
  const numbers = new Map(choices.map((choice, index) => [choice, index + 1]));
  const past = session.at.value < session.facts.value.length;
  return (
    <section class="drive" aria-labelledby="drive-title">
      <header>
        <h2 id="drive-title">Next</h2>
        {past && <span class="badge" title="A choice here begins a new run; this one is kept.">branches</span>}
        {deliveries.length > 0 && <button class="on" onClick={() => { session.actions.runOn(); }} title="Deliver everything, with the usual answers, until everybody is at rest or waits (r)"><Icon name="play" /> run on</button>}
      </header>
      {asked.map((index) => <Asked key={index} session={session} choices={deliveries.filter((choice) => choice.kind !== 'start' && choice.index === index)} numbers={numbers} forecasts={forecasts} />)}
      {threadsOf(starts).map(([thread, calls]) => (
        <div class="calls" key={thread}>
          <h3><span class="mono">{nameOf(thread)}</span> <span class="muted">may call</span></h3>
          {calls.map((choice) => <Offer key={choiceKey(choice)} session={session} choice={choice} number={numbers.get(choice)} forecast={forecasts.get(choiceKey(choice))} label={<><span class="what">{choice.event.type}</span> <span class="with">{argumentsOf(choice.event, choice.to)}</span></>} />)}
        </div>
      ))}
      <Later session={session} />
    </section>
  );
}

/** One message in flight: to be delivered, or to be answered by the environment in one of several ways. */
function Asked({ session, choices, numbers, forecasts }: { readonly session: Session; readonly choices: readonly Choice[]; readonly numbers: ReadonlyMap<Choice, number>; readonly forecasts: Forecasts }) {
  const [first] = choices;
  if (first === undefined) return null;
  if (first.kind === 'deliver' && choices.length === 1) {
    return <Offer session={session} choice={first} number={numbers.get(first)} forecast={forecasts.get(choiceKey(first))} label={<><span class="who">{short(first.event.from)} → {short(first.to)}</span> <span class="what">{eventText(first.event)}</span></>} />;
  }
  const call = first.kind === 'answer' ? first.event.type.slice(0, -'.ret'.length) : first.event.type;
  return (
    <div class="answers" role="group" aria-label={`Answers to ${call}`}>
      <div><span class="who">{short(first.kind === 'answer' ? first.to : first.event.from)}</span> asks <span class="what">{call}</span></div>
      <div class="chips">
        {choices.map((choice) => (
          <button key={choiceKey(choice)} onClick={() => { session.actions.deliver(choice); }} class={ret(choice.event) === 0 ? '' : 'error'} title={`${call} answers ${word(choice.event)}`}>
            <Key number={numbers.get(choice)} />{word(choice.event)}
          </button>
        ))}
      </div>
    </div>
  );
}

const ret = (event: Message): number => Number(event['attach'] ?? event['ret'] ?? 0);
const word = (event: Message): string => (ret(event) < 0 ? errnoName(ret(event)) : String(ret(event)));

function Offer({ session, choice, number, forecast, label }: { readonly session: Session; readonly choice: Choice; readonly number: number | undefined; readonly forecast: Forecast | undefined; readonly label: preact.ComponentChildren }) {
  return (
    <div class="offer-row">
      <button class={`offer ${forecast?.kind ?? ''}`} onClick={() => { session.actions.deliver(choice); }} title={forecast?.reason ?? undefined}>
        <span class="line"><Key number={number} />{label}</span>
        {forecast !== undefined && <span class="then"><span aria-hidden="true">{marks[forecast.kind]}</span> {forecast.text}{forecast.reason === null || forecast.kind === 'same' ? '' : <span class="reason"> {forecast.reason}</span>}</span>}
      </button>
      {choice.kind === 'start' && <button class="plain whole" onClick={() => { session.actions.runOn(choice); }} title="The whole call, with the usual answers" aria-label={`Run ${choice.event.type} to its end`}><Icon name="play" /></button>}
    </div>
  );
}

const Key = ({ number }: { readonly number: number | undefined }) => (number === undefined || number > 9 ? null : <kbd aria-hidden="true">{number}</kbd>);

/** What cannot come next, although somebody waits for it. */
function Later({ session }: Props) {
  const system = session.system.value;
  const world = session.world.value;
  const offered = new Set(session.choices.value.flatMap((choice) => (choice.kind === 'start' ? [] : [choice.index])));
  const first = session.choices.value[0];
  const answering = first !== undefined && first.kind !== 'start' && isAnswer(first.event) && session.run.value.origin.answersFirst;
  const waiting = world.flight.flatMap((flight, index) => (offered.has(index) ? [] : [{ flight, why: answering ? 'an answer in flight comes first: its caller is blocked' : `${short(flight.event.from)} sent ${short(flight.to)} something before` }]));
  const busy = system.topology.threads.filter(({ name }) => !session.choices.value.some(({ kind, to }) => kind === 'start' && to === `thread:${name}`));
  if (waiting.length === 0 && busy.length === 0) return null;
  return (
    <details class="not-now">
      <summary>Not now: {waiting.length + busy.length}</summary>
      {waiting.map(({ flight, why }, index) => <p key={index}><span class="mono">{short(flight.event.from)} → {short(flight.to)} {eventText(flight.event)}</span><br /><span class="muted">{why}</span></p>)}
      {busy.map(({ name, calls }) => <p key={name}><span class="mono">{name}</span> <span class="muted">{calls.length === 0 ? 'has no calls of its own in this topology' : `is inside a call: ${calls.map(({ type }) => type).filter((type, index, all) => all.indexOf(type) === index).join(', ')} must wait`}</span></p>)}
      {world.flight.some(({ to }) => to === environment) && <p class="muted">A call to the environment moves when its answer is chosen.</p>}
    </details>
  );
}

function threadsOf(starts: readonly Choice[]): [string, Choice[]][] {
  const threads = new Map<string, Choice[]>();
  for (const choice of starts) threads.set(choice.to, [...(threads.get(choice.to) ?? []), choice]);
  return [...threads];
}
