import { setup } from 'xstate';
export const vfio_group = setup({}).createMachine({ id: 'vfio_group', initial: 'closed', states: { closed: {} } });
