/** Where this device is, as `cuadrante.v1` wants it. A press never waits for it. */

export class Whereabouts {
  #fix = null;
  #watching = null;

  /** `changed()` is called with each fix, and when there can be none. */
  constructor(changed) {
    this.changed = changed;
    this.isRefused = false;
  }

  /** Follow the device; asks its owner the first time. */
  follow() {
    if (!navigator.geolocation || this.#watching !== null) return;
    this.#watching = navigator.geolocation.watchPosition(
      (fix) => {
        this.#fix = fix;
        this.isRefused = false;
        this.changed();
      },
      (error) => {
        this.isRefused = error.code === error.PERMISSION_DENIED;
        this.changed();
      },
      { enableHighAccuracy: true, maximumAge: 10_000 },
    );
  }

  /** The newest fix with its age now, or null. */
  get position() {
    if (!this.#fix) return null;
    const { latitude, longitude, accuracy } = this.#fix.coords;
    const ageS = Math.max(0, (Date.now() - this.#fix.timestamp) / 1000);
    return {
      lat: latitude,
      lon: longitude,
      accuracy_m: Math.min(accuracy, 100_000),
      age_s: Math.round(ageS * 10) / 10,
    };
  }
}
