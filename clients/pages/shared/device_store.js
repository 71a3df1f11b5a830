/**
 * What this browser keeps of a page: who it is (its token), the presses that no server holds yet, and
 * the answers to alerts that none has shown yet.
 *
 * It is IndexedDB, so it outlives a reload and a dead battery. Where a browser refuses it (some
 * private windows), all is kept in memory and `isLasting` says so: a press must leave all the same.
 */

const DEVICE = "device";
const PRESSES = "presses";
const ACTIONS = "actions";
const VERSION = 2;

export async function openDeviceStore(page) {
  try {
    return new LastingStore(await openDatabase(`cuadrante-${page}`));
  } catch {
    return new MemoryStore();
  }
}

class LastingStore {
  isLasting = true;

  constructor(database) {
    this.database = database;
  }

  device() {
    return this.#ask(DEVICE, "readonly", (store) => store.get("self"));
  }

  /** Another device has nothing under way. */
  async keepDevice(device) {
    navigator.storage?.persist?.();
    await this.#ask(ACTIONS, "readwrite", (store) => store.clear());
    return this.#ask(DEVICE, "readwrite", (store) => store.put(device, "self"));
  }

  forgetDevice() {
    return this.#ask(DEVICE, "readwrite", (store) => store.delete("self"));
  }

  presses() {
    return this.#ask(PRESSES, "readonly", (store) => store.getAll());
  }

  keepPress(press) {
    return this.#ask(PRESSES, "readwrite", (store) => store.put(press));
  }

  forgetPress(signalId) {
    return this.#ask(PRESSES, "readwrite", (store) => store.delete(signalId));
  }

  actions() {
    return this.#ask(ACTIONS, "readonly", (store) => store.getAll());
  }

  keepAction(action) {
    return this.#ask(ACTIONS, "readwrite", (store) => store.put(action));
  }

  forgetAction(ref) {
    return this.#ask(ACTIONS, "readwrite", (store) => store.delete(ref));
  }

  #ask(name, mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(name, mode, { durability: "strict" });
      const request = work(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}

class MemoryStore {
  isLasting = false;
  #device = undefined;
  #presses = new Map();

  async device() {
    return this.#device;
  }

  async keepDevice(device) {
    this.#device = device;
  }

  async forgetDevice() {
    this.#device = undefined;
  }

  async presses() {
    return [...this.#presses.values()];
  }

  async keepPress(press) {
    this.#presses.set(press.signal_id, press);
  }

  async forgetPress(signalId) {
    this.#presses.delete(signalId);
  }

  /** The page itself holds them for as long as it is open. */
  async actions() {
    return [];
  }

  async keepAction() {}

  async forgetAction() {}
}

function openDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = ({ oldVersion }) => {
      const database = request.result;
      if (oldVersion < 1) {
        database.createObjectStore(DEVICE);
        database.createObjectStore(PRESSES, { keyPath: "signal_id" });
      }
      if (oldVersion < 2) database.createObjectStore(ACTIONS, { keyPath: "ref" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
