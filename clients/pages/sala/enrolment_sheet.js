/** A one-time code on a sheet of its own: to scan from the screen, or to print and hand over. */

import { byId, element } from "../shared/elements.js";
import { words } from "../shared/language.js";

export function showCode({ name }, { device_id: deviceId, code, valid_s: validS, address, qr_svg: svg }) {
  byId("sheet").replaceChildren(
    element("h2", { id: "sheetTitle" }, name),
    element("p", { class: "sheet-id" }, deviceId),
    // As a picture: nothing of it can become a part of the page.
    element("img", { class: "qr", alt: words("qrAlt"), src: `data:image/svg+xml,${encodeURIComponent(withNamespace(svg))}` }),
    element("p", { class: "sheet-code" }, code),
    element("p", {}, words("sheetHelp", { hours: Math.round(validS / 3600) })),
    address === code ? null : element("p", { class: "sheet-address" }, address.split("#")[0]),
  );
  byId("sheetPrint").onclick = () => print();
  byId("sheetClose").onclick = () => byId("sheetDialog").close();
  byId("sheetDialog").showModal();
}

/** An `svg` that stands in HTML needs no namespace; one that is a file does. */
function withNamespace(svg) {
  return svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
}
