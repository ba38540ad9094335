/** A new run: the model, and who exists, by a form or as JSON. */
import { useSignal } from '@preact/signals';
import { buses } from '../../../../machines/kernel.ts';
import { kernels, models, rivals } from '../../../../machines/models/index.ts';
import { formatError, ModelError } from '../../../errors.ts';
import { defaultTopology, parseTopology } from '../../../world/topology.ts';
import { dialog } from '../commands.ts';
import type { Session } from '../session.ts';
import { Frame } from './frame.tsx';

interface Form {
  readonly devices: number;
  readonly users: number;
  readonly bus: string;
  readonly bound: boolean;
  readonly sysfs: boolean;
  readonly module: boolean;
  readonly hotplug: boolean;
  readonly managed: boolean;
  readonly test_remove: boolean;
}

const questions: readonly (readonly [keyof Form, string])[] = [
  ['bound', 'devices begin bound'], ['sysfs', 'threads write to bind and unbind'], ['module', 'threads load and unload the driver'], ['hotplug', 'threads plug and unplug devices'],
  ['managed', 'a driver with driver_managed_dma too'], ['test_remove', 'CONFIG_DEBUG_TEST_DRIVER_REMOVE'],
];

export function TopologyForm({ session }: { readonly session: Session }) {
  const model = useSignal(session.run.value.origin.model);
  const form = useSignal<Form>({ devices: 2, users: 1, bus: 'pci', bound: false, sysfs: true, module: false, hotplug: false, managed: false, test_remove: false });
  const json = useSignal<string | null>(null);
  const error = useSignal<string | null>(null);
  const topology = () => {
    const { [model.value]: known } = models;
    return json.value === null ? defaultTopology({ ...form.value, ...(known === undefined ? {} : { models: [known] }) }) : parseTopology(JSON.parse(json.value), 'the JSON', known);
  };
  const guarded = (work: () => void) => {
    try {
      error.value = null;
      work();
    } catch (reason) {
      error.value = reason instanceof ModelError ? formatError(reason) : reason instanceof Error ? reason.message : String(reason);
    }
  };
  const start = () => {
    guarded(() => {
      const given = topology();
      session.actions.openPath(model.value, given, [], { title: `${given.devices.length} device${given.devices.length === 1 ? '' : 's'}` });
      dialog.value = 'none';
    });
  };
  const set = (change: Partial<Form>) => { form.value = { ...form.value, ...change }; };
  const number = (name: 'devices' | 'users', label: string, least: number) => (
    <label>{label}<input type="number" min={least} max={16} value={form.value[name]} disabled={json.value !== null} onInput={(event) => { set({ [name]: Math.max(least, Math.min(16, Number(event.currentTarget.value) || least)) }); }} /></label>
  );
  return (
    <Frame title="New run" wide>
      <form class="form" onSubmit={(event) => { event.preventDefault(); start(); }}>
        <div class="fields">
          <label>Model<select value={model.value} onChange={(event) => { model.value = event.currentTarget.value; }}>
            <optgroup label="Kernels">{Object.keys(kernels).map((name) => <option key={name}>{name}</option>)}</optgroup>
            <optgroup label="Designs that were argued for">{Object.keys(rivals).map((name) => <option key={name}>{name}</option>)}</optgroup>
            <optgroup label="Supposed">{Object.keys(models).filter((name) => !(name in kernels) && !(name in rivals)).map((name) => <option key={name}>{name}</option>)}</optgroup>
          </select></label>
          {number('devices', 'Devices, all in one group', 1)}
          {number('users', 'Users of the group', 0)}
          <label>Bus<select value={form.value.bus} disabled={json.value !== null} onChange={(event) => { set({ bus: event.currentTarget.value }); }}>{Object.keys(buses).map((name) => <option key={name}>{name}</option>)}</select></label>
        </div>
        <p class="muted small">{models[model.value]?.about}</p>
        {json.value === null
          ? <div class="fields">{questions.map(([name, label]) => <label key={name} class="check"><input type="checkbox" checked={form.value[name] as boolean} onChange={(event) => { set({ [name]: event.currentTarget.checked }); }} />{label}</label>)}</div>
          : <textarea aria-label="Topology as JSON" spellcheck={false} value={json.value} onInput={(event) => { json.value = event.currentTarget.value; }} />}
        {error.value !== null && <p class="error" role="alert">{error.value}</p>}
        <div class="buttons">
          <button type="button" onClick={() => { guarded(() => { json.value = json.value === null ? JSON.stringify(topology(), null, 1) : null; }); }}>{json.value === null ? 'As JSON' : 'Back to the form'}</button>
          <button type="button" onClick={() => { json.value = JSON.stringify(session.run.value.origin.topology, null, 1); model.value = session.run.value.origin.model; }}>JSON of this run</button>
          <button type="submit" class="primary">Begin</button>
        </div>
      </form>
    </Frame>
  );
}
