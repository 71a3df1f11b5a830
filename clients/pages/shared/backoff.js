/**
 * How long to wait before the next attempt: exponential with full jitter, as the protocol asks.
 * The chance is what matters: after a power cut a whole city comes back at one moment.
 */

const FIRST_MS = 500;
const CAP_MS = 15_000;
/** For whoever is called, or has somebody waiting: they are few. */
const URGENT_CAP_MS = 5_000;

/** The wait in milliseconds before attempt number `attempt` + 1. */
export function fullJitterMs(attempt, isUrgent = false, chance = Math.random) {
  return chance() * Math.min(isUrgent ? URGENT_CAP_MS : CAP_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
}
