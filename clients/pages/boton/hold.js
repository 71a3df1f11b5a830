/**
 * A button that acts when it is held, by finger, mouse or key, so that no pocket presses it. A screen
 * reader cannot hold: its activation, which no pointer or key comes before, acts at once.
 */

export const HOLD_MS = 800;

export function onHold(button, act) {
  let timer = null;
  let isHands = false;

  function begin(event) {
    if (timer !== null) return;
    isHands = true;
    button.classList.add("held");
    if (event.pointerId !== undefined) button.setPointerCapture(event.pointerId);
    timer = setTimeout(() => {
      end();
      act();
    }, HOLD_MS);
  }

  function end() {
    clearTimeout(timer);
    timer = null;
    button.classList.remove("held");
  }

  button.addEventListener("pointerdown", begin);
  for (const name of ["pointerup", "pointercancel", "blur"]) button.addEventListener(name, end);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    begin(event);
  });
  button.addEventListener("keyup", end);
  button.addEventListener("click", () => {
    if (!isHands) act();
    isHands = false;
  });
}
