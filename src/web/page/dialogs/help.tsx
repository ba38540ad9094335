/** Every key, from the list of commands. */
import { commandsOf } from '../commands.ts';
import type { Session } from '../session.ts';
import { Frame } from './frame.tsx';

const names: Readonly<Record<string, string>> = { ' ': 'Space', ArrowRight: '→', ArrowLeft: '←', ArrowUp: '↑', ArrowDown: '↓' };

export function Help({ session }: { readonly session: Session }) {
  const commands = commandsOf(session).filter(({ keys, name }) => keys.length > 0 && !/^Choose [2-9]$/.test(name));
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Frame title="Keys" wide>
      <div class="help">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>{commands.filter((command) => command.group === group).flatMap(({ name, keys }) => [
              <dt key={`${name} keys`}>{keys.filter((key) => !key.startsWith('Meta+')).map((key, index) => <>{index > 0 && ' '}<kbd key={key}>{name === 'Choose 1' ? '1 … 9' : names[key] ?? key}</kbd></>)}</dt>,
              <dd key={name}>{name === 'Choose 1' ? 'What the list on the left has under this number' : name}</dd>,
            ])}</dl>
          </section>
        ))}
        <section>
          <h3>Marks</h3>
          <dl>
            <dt><span class="owner unowned" style={{ display: 'inline-block' }} /></dt><dd>group that nobody owns</dd>
            <dt><span class="owner kernel_dma" style={{ display: 'inline-block' }} /></dt><dd>kernel drivers do DMA through it; × is owner_cnt</dd>
            <dt><span class="owner claimed" style={{ display: 'inline-block' }} /></dt><dd>claimed by a user</dd>
            <dt><span class="owner broken" style={{ display: 'inline-block' }} /></dt><dd>broken: count and owner do not fit</dd>
            <dt>✗</dt><dd>would be refused; ‖ would wait; ∅ would be ignored; = changes nothing</dd>
            <dt>↳</dt><dd>a run that branched off another</dd>
          </dl>
        </section>
      </div>
    </Frame>
  );
}
