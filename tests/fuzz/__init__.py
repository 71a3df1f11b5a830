"""Fuzzing: bytes that nobody thought of, guided by which code they reach (libFuzzer, by atheris).

`python -m tests.fuzz` tries the targets, each in a process of its own. A target is a module beside
this one, named in `targets.py`, with

    SEEDS: a few inputs to begin with
    one(data): does everything with one input, and raises if anything is not as it must be
"""
