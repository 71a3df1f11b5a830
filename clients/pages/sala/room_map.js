/**
 * The city: its quadrants, and the open alerts in sight. Alerts that would lie on one another are one
 * mark with their number, so that there are never more marks than the screen has room for.
 */

import { QuadrantMap } from "../shared/quadrant_map.js";
import { isUnanswered } from "../shared/alerts/alert_list.js";

const L = globalThis.L;
const CELL_PX = 44;
const CLOSE_UP = 16;
const PATROL = {
  className: "patrol-dot",
  color: "#ffffff",
  weight: 2,
  fillColor: "#2f81f7",
  fillOpacity: 1,
  radius: 7,
};
const GOOD_VIEW = { padding: [40, 40], maxZoom: 15 };

export class RoomMap {
  #base;
  #marks = L.layerGroup();
  #patrols = new Map();
  #alerts = [];
  #chosen = null;
  #choose;
  #home = null;
  #wasMoved = false;
  #shown = "";

  constructor(place, config, choose) {
    this.#base = new QuadrantMap(place, config);
    this.#choose = choose;
    this.#marks.addTo(this.#base.map);
    this.#base.map.on("resize", () => this.#goHome());
    this.#base.map.on("moveend zoomend", () => this.#draw());
    this.#base.map.on("dragstart", () => (this.#wasMoved = true));
  }

  /** Draw the quadrants (GeoJSON), and look at the city unless somebody looks elsewhere already. */
  showQuadrants(features) {
    this.#base.showQuadrants(features, null);
    const bounds = L.geoJSON(features).getBounds();
    if (bounds.isValid()) this.#home = bounds;
    this.#goHome();
  }

  /** Once the map has a size: on a telephone it has none until somebody opens it. */
  #goHome() {
    if (!this.#home || this.#wasMoved || !this.#base.map.getSize().x) return;
    this.#base.map.fitBounds(this.#home, { ...GOOD_VIEW, animate: false });
  }

  show(alerts, chosen) {
    this.#alerts = alerts.filter(({ place }) => place.lat !== null);
    if (chosen && chosen !== this.#chosen) this.#lookAt(chosen);
    this.#chosen = chosen;
    this.#draw();
  }

  /** `patrols` by device id: those that can be called, where they said last that they are. */
  showPatrols(patrols) {
    for (const [deviceId, dot] of this.#patrols) {
      if (patrols.get(deviceId)?.position) continue;
      dot.remove();
      this.#patrols.delete(deviceId);
    }
    for (const { device_id: deviceId, name, position } of patrols.values()) {
      if (!position) continue;
      const at = [position.lat, position.lon];
      const dot = this.#patrols.get(deviceId) ?? this.#addPatrol(deviceId, at);
      if (!dot.getLatLng().equals(at)) dot.setLatLng(at);
      if (dot.getTooltip().getContent() !== name) dot.setTooltipContent(name);
    }
  }

  #addPatrol(deviceId, at) {
    const dot = L.circleMarker(at, PATROL).bindTooltip("");
    this.#patrols.set(deviceId, dot);
    return dot.addTo(this.#base.map);
  }

  #lookAt(alertId) {
    const alert = this.#alerts.find((each) => each.alert_id === alertId);
    if (!alert) return;
    const { map } = this.#base;
    this.#wasMoved = true;
    const zoom = Math.max(map.getZoom(), CLOSE_UP);
    map.setView([alert.place.lat, alert.place.lon], zoom, { animate: false });
  }

  #draw() {
    const marks = this.#inSight();
    const shown = marks.map(({ alerts, tone, isChosen }) => {
      const { alert_id: id, place } = alerts[0];
      return [id, place.lat, place.lon, alerts.length, tone, isChosen].join();
    });
    if (shown.join(" ") === this.#shown) return;
    this.#shown = shown.join(" ");
    this.#marks.clearLayers();
    for (const mark of marks) this.#marks.addLayer(this.#asLayer(mark));
  }

  /** The alerts in sight by the cell of the screen that they lie in. */
  #inSight() {
    const { map } = this.#base;
    const bounds = map.getBounds();
    const cells = new Map();
    for (const alert of this.#alerts) {
      const at = [alert.place.lat, alert.place.lon];
      if (!bounds.contains(at)) continue;
      const { x, y } = map.project(at);
      const cell = `${Math.floor(x / CELL_PX)} ${Math.floor(y / CELL_PX)}`;
      if (!cells.has(cell)) cells.set(cell, []);
      cells.get(cell).push(alert);
    }
    return [...cells.values()].map((alerts) => ({
      alerts,
      tone: alerts.some(isUnanswered) ? "unanswered" : "answered",
      isChosen: alerts.some((alert) => alert.alert_id === this.#chosen),
    }));
  }

  #asLayer({ alerts, tone, isChosen }) {
    const { map } = this.#base;
    const [{ alert_id: alertId, place }] = alerts;
    const at = [place.lat, place.lon];
    const isMany = alerts.length > 1;
    const icon = L.divIcon({
      className: `mark mark-${tone}${isChosen ? " mark-chosen" : ""}`,
      html: isMany ? String(alerts.length) : "",
      iconSize: isMany ? [34, 34] : [24, 24],
    });
    // The queue is what a keyboard and a screen reader walk through: the same alerts, in order.
    const layer = L.marker(at, { icon, keyboard: false, alt: "" });
    return layer.on("click", () => {
      if (isMany && map.getZoom() < map.getMaxZoom()) {
        this.#wasMoved = true;
        map.setView(at, Math.min(map.getZoom() + 2, 19));
      } else this.#choose(alertId);
    });
  }
}
