/** How a scenario writes the address of an actor, and which thread an actor belongs to. */
import { kindOf, nameOf } from '../../machines/address.ts';
import type { Address } from '../../machines/chart.ts';

/** `admin` for the actors `admin` and `admin.unbind_store`; the kernel's own threads as they are. */
export const threadOfActor = (actor: string): string => (actor.startsWith('async:') ? actor : actor.split('.', 1)[0] ?? actor);

/**
 * An address as people write it: a device for each of its actors, `group 8`, `admin`.
 *
 * Facts between two actors of one device are the inside of that device and not printed.
 */
export function shown(address: Address): string {
  const name = nameOf(address);
  switch (kindOf(address)) {
    case 'device': case 'binding': case 'attach': case 'bus_dma': case 'iommu_dma': case 'notifier': case 'vfio_device':
      return name;
    case 'vfio_container':
      return `container ${threadOfActor(name)}`;
    case 'iommufd_ctx':
      return `iommufd ${threadOfActor(name)}`;
    case 'thread':
      return name.startsWith('async:') ? `async ${nameOf(name)}` : threadOfActor(name);
    case 'domain': {
      const [whose = '', ...which] = (kindOf(name) === 'thread' ? nameOf(name) : name).split(':');
      return [threadOfActor(whose), ...which].join(':');
    }
    case 'owner':
      return name;
    default:
      return address === name ? name : `${kindOf(address)} ${name}`;
  }
}
