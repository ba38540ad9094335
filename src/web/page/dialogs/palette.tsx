/** Everything by name: commands, actors, models; arrows and Enter. */
import { useSignal } from '@preact/signals';
import { commandsOf, dialog } from '../commands.ts';
import type { Session } from '../session.ts';
import { Frame } from './frame.tsx';

interface Entry {
  readonly group: string;
  readonly name: string;
  readonly keys: readonly string[];
  readonly run: () => void;
}

/** Entries that are shown at once. */
const most = 60;

export function Palette({ session }: { readonly session: Session }) {
  const text = useSignal('');
  const chosen = useSignal(0);
  const entries: readonly Entry[] = [
    ...commandsOf(session).filter(({ group }) => group !== 'Drive' || text.value !== ''),
    ...session.system.value.actors.map(({ address }): Entry => ({ group: 'Actor', name: address, keys: [], run: () => { session.actions.select(address); } })),
    ...(/^\d+$/.test(text.value) ? [{ group: 'Time', name: `Go to fact ${text.value}`, keys: [], run: () => { session.actions.goTo(Number(text.value) + 1); } }] : []),
  ];
  const asked = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter(({ name, group }) => asked.every((word) => `${group} ${name}`.toLowerCase().includes(word))).slice(0, most);
  const take = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    dialog.value = 'none';
    // A command may open another dialog, after this one has given the focus back.
    setTimeout(entry.run, 0);
  };
  const keys = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      chosen.value = Math.max(0, Math.min(found.length - 1, chosen.value + by));
      document.getElementById(`palette-${chosen.value}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      take(found[chosen.value]);
    }
  };
  return (
    <Frame title="Everything by name">
      <div class="palette" onKeyDown={keys}>
        <input autofocus type="text" placeholder="a command, an actor, the number of a fact" aria-label="Name" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={`palette-${chosen.value}`} value={text.value} onInput={(event) => { text.value = event.currentTarget.value; chosen.value = 0; }} />
        <ul id="palette-list" role="listbox" aria-label="Found">
          {found.map((entry, index) => (
            <li key={`${entry.group} ${entry.name}`} id={`palette-${index}`} role="option" aria-selected={index === chosen.value} onClick={() => { take(entry); }}>
              <span class="group">{entry.group}</span><span>{entry.name}</span><span class="keys">{entry.keys.map((key) => <kbd key={key}>{key === ' ' ? 'Space' : key}</kbd>)}</span>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p class="muted">Nothing has this name.</p>}
      </div>
    </Frame>
  );
}
