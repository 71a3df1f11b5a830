"""Real faults, done to real processes while presses go on: `python -m tests.faults`.

    ledger    what people were told, as a process of its own saw it (`load`, the SDK's devices)
    audit     what the journal and PostgreSQL hold, against what people were told
    rig       PostgreSQL and the core, each to be killed, stopped and started again by itself
    trial     one fault: presses before it, during it and after it, then the audit

The faults: `deaths` (kill -9), `disks`, `links`, `clocks`, `walls`.
"""
