"""What hangs on walls and speaks HTTP: relays that sound sirens, and cameras.

None of it is ever waited for by a press: the core sends commands behind its fan-out, and each
appliance has a task of its own here.
"""
