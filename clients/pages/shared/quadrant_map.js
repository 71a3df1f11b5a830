/**
 * A map of one alert or of many, by Leaflet (the page loads it as `L`): quadrants drawn by us, tiles
 * only if the installation has an address for them.
 */

const L = globalThis.L;

const QUADRANT = { color: "#7f93ad", weight: 1.5, fillOpacity: 0.04 };
const OWN_QUADRANT = { color: "#4da3ff", weight: 3, fillOpacity: 0.1 };
const ACCURACY = { color: "#ff8a80", weight: 1, fillOpacity: 0.15, interactive: false };
const PLACE = { color: "#ffffff", weight: 3, fillColor: "#e5383b", fillOpacity: 1, radius: 10 };
const SELF = { color: "#ffffff", weight: 2, fillColor: "#2f81f7", fillOpacity: 1, radius: 7 };
const CLOSE_UP = 16;
const COUNTRY = [[-4.3, -79], [12.5, -66.8]];

export class QuadrantMap {
  #quadrants;
  #places = L.layerGroup();
  #self = null;
  #shownPlace = "";

  /** `config` is the console's: `map_tiles_url` and `map_credit`. */
  constructor(element, config) {
    this.map = L.map(element, { attributionControl: Boolean(config.map_tiles_url) });
    this.map.fitBounds(COUNTRY);
    if (config.map_tiles_url) {
      const attribution = config.map_credit;
      L.tileLayer(config.map_tiles_url, { maxZoom: 19, attribution }).addTo(this.map);
    }
    this.#quadrants = L.geoJSON(null, { style: QUADRANT }).addTo(this.map);
    this.#quadrants.bindTooltip((layer) => layer.feature.properties.name);
    this.#places.addTo(this.map);
    new ResizeObserver(() => this.map.invalidateSize()).observe(element);
  }

  /** Draw quadrants (GeoJSON), with `ownCode` standing out. */
  showQuadrants(features, ownCode) {
    this.#quadrants.clearLayers();
    this.#quadrants.addData(features);
    this.#quadrants.setStyle(({ properties }) =>
      properties.code === ownCode ? OWN_QUADRANT : QUADRANT,
    );
  }

  /** Show where an alert is, and how sure that is; moves there only when the place is another. */
  showPlace({ lat, lon, accuracy_m }) {
    this.#places.clearLayers();
    if (lat === null) return;
    if (accuracy_m) L.circle([lat, lon], { ...ACCURACY, radius: accuracy_m }).addTo(this.#places);
    L.circleMarker([lat, lon], PLACE).addTo(this.#places);
    if (this.#shownPlace !== `${lat},${lon}`) this.map.setView([lat, lon], CLOSE_UP);
    this.#shownPlace = `${lat},${lon}`;
  }

  showSelf(position) {
    if (!position) return;
    this.#self ??= L.circleMarker([0, 0], SELF).addTo(this.map);
    this.#self.setLatLng([position.lat, position.lon]);
  }
}
