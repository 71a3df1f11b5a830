"""Plays the published conversation through `device.py`: under MicroPython as under CPython.

micropython replay.py FOLDER-OF-DEVICE.PY VECTORS.JSON
"""

import json
import sys


def replay(module, vectors):
    """Return the steps that went otherwise than published."""
    vector = vectors["device"]
    saved = [vector["boot"]]
    device = module.Device(
        vectors["device_id"],
        bytes.fromhex(vectors["key"]),
        vector["boot"],
        vector["salt"],
        saved.append,
        0,
    )
    faults = []
    for step in vector["steps"]:
        at_ms, sent = step["at_ms"], []
        if step["do"] == "press":
            press = device.press(step["kind"], at_ms)
        elif step["do"] == "cancel":
            device.cancel(press, at_ms)
        elif step["do"] == "hear":
            if not device.hear(bytes.fromhex(step["bytes"]), at_ms):
                faults.append(f"not understood: {step}")
        else:
            while True:
                datagram = device.due(at_ms)
                if datagram is None:
                    break
                sent.append(datagram.hex())
        happened = (device.lamp(), saved[-1], sent)
        expected = (
            step.get("lamp", happened[0]),
            step.get("saved", saved[-1]),
            step.get("sends", []),
        )
        if happened != expected:
            faults.append(f"{step}: {happened}")
    return faults


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import device as under_test

    with open(sys.argv[2]) as file:
        found = replay(under_test, json.load(file))
    sys.stdout.write("\n".join(found) or "as published\n")
    sys.exit(1 if found else 0)
