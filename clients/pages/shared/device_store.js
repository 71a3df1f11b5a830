/**
 * What this browser keeps of a page: who it is (its token), and the presses that no server holds yet.
 *
 * It is IndexedDB, so it outlives a reload and a dead battery. Where a browser refuses it (some
 * private windows), all is kept in memory and `isLasting` says so: a press must leave all the same.
 */

const DEVICE = "device";
const PRESSES = "presses";

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

  keepDevice(device) {
    navigator.storage?.persist?.();
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
}

function openDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(DEVICE);
      request.result.createObjectStore(PRESSES, { keyPath: "signal_id" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
