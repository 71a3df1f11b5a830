/** The other way out for a press, for networks that let no WebSocket through. */

const ANSWERED_WITHIN_MS = 15_000;

/** Returns the receipt, the problem (RFC 9457) that kept it from one, or null: nobody answered. */
export async function sendByHttp({ device_id: deviceId, token }, signal) {
  try {
    const answer = await fetch("/v1/signals", {
      method: "POST",
      headers: {
        Authorization: `Bearer ${deviceId}:${token}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify(signal),
      signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
    });
    return await answer.json();
  } catch {
    return null; // no network, or something in between that answers for the server
  }
}
