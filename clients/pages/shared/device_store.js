/**
 * What this browser keeps of a page: who it is (its token), the presses that no server holds yet, the
 * answers to alerts that none has shown yet, and what the control room said.
 *
 * It is IndexedDB, so it outlives a reload and a dead battery. Where a browser refuses it (some
 * private windows), all is kept in memory and `isLasting` says so: a press must leave all the same.
 */

const DEVICE = "device";
const PRESSES = "presses";
const ACTIONS = "actions";
const MESSAGES = "messages";
/** By what each is kept; null: by a name that is given. A new one makes a new `VERSION`. */
const KEYS = { [DEVICE]: null, [PRESSES]: "signal_id", [ACTIONS]: "ref", [MESSAGES]: "message_id" };
const VERSION = 3;

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

  /** Another device has nothing under way, and is told nothing that was said to this one. */
  async keepDevice(device) {
    navigator.storage?.persist?.();
    for (const name of [ACTIONS, MESSAGES]) await this.#ask(name, "readwrite", (store) => store.clear());
    return this.#ask(DEVICE, "readwrite", (store) => store.put(device, "self"));
  }

  forgetDevice() {
    return this.#ask(DEVICE, "readwrite", (store) => store.delete("self"));
  }

  presses = () => this.#all(PRESSES);
  keepPress = (press) => this.#put(PRESSES, press);
  forgetPress = (signalId) => this.#delete(PRESSES, signalId);

  actions = () => this.#all(ACTIONS);
  keepAction = (action) => this.#put(ACTIONS, action);
  forgetAction = (ref) => this.#delete(ACTIONS, ref);

  messages = () => this.#all(MESSAGES);
  keepMessage = (message) => this.#put(MESSAGES, message);
  forgetMessage = (messageId) => this.#delete(MESSAGES, messageId);

  /** What cannot be read is as good as not there: a page must open all the same. */
  #all(name) {
    return this.#ask(name, "readonly", (store) => store.getAll()).catch(() => []);
  }

  #put(name, thing) {
    return this.#ask(name, "readwrite", (store) => store.put(thing));
  }

  #delete(name, key) {
    return this.#ask(name, "readwrite", (store) => store.delete(key));
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

/** The page itself holds its presses, actions and messages for as long as it is open. */
class MemoryStore {
  isLasting = false;
  #device = undefined;

  device = async () => this.#device;
  keepDevice = async (device) => (this.#device = device);
  forgetDevice = async () => (this.#device = undefined);

  presses = async () => [];
  keepPress = async () => null;
  forgetPress = async () => null;

  actions = async () => [];
  keepAction = async () => null;
  forgetAction = async () => null;

  messages = async () => [];
  keepMessage = async () => null;
  forgetMessage = async () => null;
}

function openDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const database = request.result;
      for (const [name, keyPath] of Object.entries(KEYS)) {
        if (!database.objectStoreNames.contains(name)) database.createObjectStore(name, { keyPath });
      }
    };
    request.onsuccess = () => {
      const database = request.result;
      // A newer page in another window waits for this: it must open, and this one says what it cannot keep.
      database.onversionchange = () => database.close();
      resolve(database);
    };
    request.onerror = () => reject(request.error);
  });
}
