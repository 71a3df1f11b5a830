/** Times as people read them. */

import { locale } from "./language.js";

/** 21:14:07 */
export function clock(ms) {
  return new Date(ms).toLocaleTimeString(locale(), { hour12: false });
}

/** 0:42, 12:05, 1:02:10 */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  const [first, ...rest] = hours ? [hours, ...parts] : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}
