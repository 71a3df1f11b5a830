/** How fast presses reached patrols, from what the open alerts themselves say. */

const NEWEST = 50;

/** The median time from the server's receipt to the first handheld, or null if none was delivered. */
export function medianDeliveryMs(alerts) {
  const stages = alerts.map((alert) => alert.stages).filter((each) => each.delivered_at_ms !== null);
  stages.sort((one, other) => other.received_at_ms - one.received_at_ms);
  const took = stages
    .slice(0, NEWEST)
    .map((each) => each.delivered_at_ms - each.received_at_ms)
    .sort((one, other) => one - other);
  return took.length ? took[Math.floor(took.length / 2)] : null;
}
