/** The borders of a quadrant and of those beside it, for the map. */

const ANSWERED_WITHIN_MS = 10_000;

/** GeoJSON, or null: the map does without. */
export async function nearbyQuadrants(code, { device_id, token }) {
  try {
    const answer = await fetch(`/v1/quadrants/${encodeURIComponent(code)}/nearby`, {
      headers: { Authorization: `Bearer ${device_id}:${token}` },
      signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
