import { setup } from 'xstate';
export const vfio_device = setup({}).createMachine({ id: 'vfio_device', initial: 'absent', states: { absent: {} } });
