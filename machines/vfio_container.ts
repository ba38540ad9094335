import { setup } from 'xstate';
export const vfio_container = setup({}).createMachine({ id: 'vfio_container', initial: 'open', states: { open: {} } });
