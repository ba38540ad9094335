/** Every property, in the order in which reports list them. */
import type { Model } from '../model.ts';
import type { Topology } from '../topology.ts';
import * as dma_ownership from './dma_ownership.ts';
import * as matching from './matching.ts';
import * as probe_pairing from './probe_pairing.ts';
import type { Property } from './property.ts';

export const properties: readonly Property[] = [
  dma_ownership.countIsUsers, dma_ownership.countIsNearlyUsers, dma_ownership.usedIsHeld, dma_ownership.heldIsUsed, dma_ownership.neverBoth, dma_ownership.neverOnUsersDomain,
  dma_ownership.keptUntilReleased, dma_ownership.ownerIsCounted, dma_ownership.countNeverNegative,
  dma_ownership.ownedIsNotDefault, dma_ownership.oneDomain, dma_ownership.detachMoves, dma_ownership.nobodyBeforeDomain, dma_ownership.releaseIsExpected, dma_ownership.unuseIsExpected, dma_ownership.claimIsHonest, dma_ownership.useIsHonest,
  probe_pairing.boundMeansZero, probe_pairing.notBoundAfterBind, probe_pairing.sysfsRemoveAfterAdd, probe_pairing.cleanupAfterConfigure,
  probe_pairing.probeOnlyWhenReady, probe_pairing.driverIsAsked, probe_pairing.probesUnderLock, probe_pairing.kernelGoesOn, probe_pairing.listedOnce, probe_pairing.boundToRegistered, probe_pairing.comesAndGoesInTurn,
  matching.deferredMatchWaits, matching.matchFailureStays, matching.scheduledIsProbed,
  probe_pairing.restIsDecided, probe_pairing.nothingIsStuck,
  probe_pairing.canRest, dma_ownership.canBeFree,
  dma_ownership.getsClaimed, dma_ownership.getsUsed, dma_ownership.claimIsRefused, dma_ownership.useIsRefused,
];

/** The properties that say anything about a topology, under a model: without one, those of a group with a count too. */
export const propertiesFor = (topology: Topology, model?: Model): Property[] => properties.filter(({ applies }) => applies?.(topology, model) ?? true);
