"""Hangs a button on a wall that is a pipe: `micropython hang.py FOLDER VECTORS.JSON PORT`.

It is held down from the beginning, and ends when its lamp shows that the press is closed.
"""

import json
import sys
import time

sys.path.insert(0, sys.argv[1])

import device
import loop

with open(sys.argv[2]) as file:
    vectors = json.load(file)


def now_ms():
    return time.time_ns() // 1_000_000


def show(lamp, shown=[None]):  # noqa: B006 - what was shown last
    if lamp != shown[0]:
        sys.stdout.write(lamp + "\n")
        shown[0] = lamp
    if lamp == device.CLOSED:
        sys.exit(0)


if __name__ == "__main__":
    ticks = loop.Ticks(time.ticks_ms, time.ticks_diff) if hasattr(time, "ticks_ms") else now_ms
    button = device.Device(
        vectors["device_id"], bytes.fromhex(vectors["key"]), 0, 1, [].append, ticks()
    )
    loop.hang(button, "127.0.0.1", int(sys.argv[3]), lambda: device.FIRE, show, ticks)
