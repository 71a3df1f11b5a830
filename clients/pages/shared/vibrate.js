/** Vibrate, where the device can and its user has touched the page: before that browsers refuse. */

export function vibrate(patternMs) {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(patternMs);
}
