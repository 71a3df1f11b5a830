/** Giving an alert by hand to a patrol that the room has spoken with. */

import { byId, element, setText } from "../shared/elements.js";
import { said, words } from "../shared/language.js";
import { Declined, ask } from "./session.js";

const PATROLS = 200;

/** `assign({alert_id, device_id, eta_s})` is called once somebody has chosen whom. */
export function onAssigning(assign) {
  byId("assigningForm").addEventListener("submit", (event) => {
    const deviceId = byId("patrolChoice").value;
    if (event.submitter?.value !== "assign" || !deviceId) return;
    const minutes = byId("etaMinutes").value;
    const eta = minutes === "" ? {} : { eta_s: Number(minutes) * 60 };
    assign({ alert_id: byId("assigning").dataset.alert, device_id: deviceId, ...eta });
  });
  byId("patrolSearch").addEventListener("input", offer);
}

/** The patrols of the alert's own quadrant are offered; others once somebody looks for them. */
export function askPatrol(alert) {
  byId("assigning").dataset.alert = alert.alert_id;
  byId("assigning").dataset.quadrant = alert.quadrant?.code ?? "";
  byId("patrolSearch").value = "";
  byId("patrolSearch").placeholder = words("patrolSearch");
  byId("patrolChoice").replaceChildren();
  byId("assigning").showModal();
  offer();
}

async function offer() {
  const wanted = byId("patrolSearch").value.trim();
  const { quadrant } = byId("assigning").dataset;
  const query = new URLSearchParams({ role: "patrol", limit: PATROLS });
  if (wanted || !quadrant) query.set("q", wanted);
  else query.set("quadrant", quadrant);
  let patrols = [];
  try {
    patrols = (await ask("GET", `/v1/devices?${query}`)).devices;
    setText(byId("assigningError"), patrols.length ? "" : words("noPatrols"));
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    setText(byId("assigningError"), said(error.text));
  }
  if (byId("patrolSearch").value.trim() !== wanted) return;
  byId("patrolChoice").replaceChildren(
    ...patrols.map((patrol) =>
      element("option", { value: patrol.device_id }, `${patrol.name} · ${patrol.quadrant}`),
    ),
  );
}
