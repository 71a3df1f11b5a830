/** What a close code of `cuadrante.v1` says about coming back. */

export const REPLACED = 4502;

const FIRST_PERMANENT = 4500;
const WE_ARE_BROKEN = [1002, 1003, 1007, 1009];

export function mayReconnect(code) {
  return code < FIRST_PERMANENT && !WE_ARE_BROKEN.includes(code);
}
