"""One target in a process of its own: `python -m tests.fuzz.child MODULE [libFuzzer's options]`."""

import importlib
import sys

import atheris

UNGUIDED = ["protocol.sia_dc09.crc"]
"""A loop over bytes has no branches to discover, and to watch it takes half of the time."""

if __name__ == "__main__":
    module = sys.argv.pop(1)
    with atheris.instrument_imports(include=["protocol", module], exclude=UNGUIDED):
        target = importlib.import_module(module)
    atheris.Setup(sys.argv, target.one)
    atheris.Fuzz()
