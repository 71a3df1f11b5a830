/**
 * How long to wait before the next attempt: exponential with full jitter, as the protocol asks.
 * The chance is what matters: after a power cut a whole city comes back at one moment.
 */

const FIRST_MS = 500;
const CAP_MS = 15_000;

/** The wait in milliseconds before attempt number `attempt` + 1. */
export function fullJitterMs(attempt, chance = Math.random) {
  return chance() * Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
}
