/** What the cameras saw. A path to a picture holds for a while only, so one may not open any more. */

import { element } from "../elements.js";
import { words } from "../language.js";
import { clock } from "../when.js";

const SHOWN_MAX = 4;
const LOOK_AGAIN_MS = 15_000;
const REMEMBERED_MAX = 200;
/** Paths that did not open → when. */
const failed = new Map();

/** The newest of each camera, in the cameras' order. `missing()` is called when one does not open. */
export function pictureGrid(pictures, missing) {
  const newest = new Map(pictures.map((picture) => [picture.device_id, picture]));
  const shown = [...newest.values()].slice(-SHOWN_MAX);
  shown.sort((one, other) => one.camera.localeCompare(other.camera));
  return element("div", { class: "pictures" }, ...shown.map((each) => tile(each, missing)));
}

function tile({ camera, taken_at_ms: takenMs, path }, missing) {
  const at = clock(takenMs);
  const label = words("pictureOpen", { camera, at });
  return element(
    "a",
    { href: path, target: "_blank", rel: "noopener", "aria-label": label },
    opens(path)
      ? element("img", { src: path, alt: "", loading: "lazy", onerror: () => miss(path, missing) })
      : element("span", { class: "no-picture" }, words("noPicture")),
    element("span", {}, words("picture", { camera, at })),
  );
}

function miss(path, missing) {
  if (failed.size >= REMEMBERED_MAX) failed.clear();
  failed.set(path, Date.now());
  missing();
}

/** One that did not open is looked at again after a while: perhaps only the network was away. */
function opens(path) {
  return Date.now() - (failed.get(path) ?? -Infinity) > LOOK_AGAIN_MS;
}
