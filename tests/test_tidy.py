"""The rules of the house, as tests. Each failure says what to do instead."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("protocol", "link", "dispatch", "clients", "bench")
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400

CLOCKS_AND_CHANCE = {"time", "random", "uuid", "secrets"}
READS_A_CLOCK = {"now", "today", "utcnow"}  # datetime may reckon, but not look
NETWORK = {"asyncio", "trio", "socket", "ssl", "select", "selectors", "threading", "subprocess"}
SAYING = {"logging", "structlog"}
SANS_IO = ("protocol", "dispatch/core")

MAY_IMPORT = {
    # Each package, and the packages of this project that it may import. Longest prefix counts.
    "protocol": {"protocol"},
    "dispatch/core": {"dispatch.core", "protocol"},
    "dispatch/store": {"dispatch.store", "dispatch.core", "dispatch.wiring", "protocol"},
    "dispatch/journal": {"dispatch.journal", "dispatch.store", "dispatch.core", "protocol"},
    "dispatch/edge": {
        "dispatch.journal",
        "dispatch.edge",
        "dispatch.store",
        "dispatch.core",
        "dispatch.logs",
        "protocol",
    },
    "dispatch/gateway": {
        "dispatch.gateway",
        "dispatch.wiring",
        "dispatch.core.moment",
        "dispatch.trust",
        "link",
        "protocol",
    },
    "dispatch/push": {"dispatch.push", "dispatch.edge.exposure", "link", "protocol"},
    "dispatch/supervise": {"dispatch.supervise"},
    "dispatch/console": {
        "dispatch.console",
        "dispatch.store",
        "dispatch.journal.disk",
        "dispatch.edge.exposure",
        "dispatch.edge.tls",
        "dispatch.core",
        "dispatch.logs",
        "dispatch.trust",
        "link.backoff",
        "protocol",
    },
    "dispatch/commands": {"dispatch", "link", "protocol"},
    "dispatch": {"dispatch", "protocol"},
    "link": {"link", "protocol"},
    "clients": {"clients", "link", "protocol"},
    "bench": {"bench", "dispatch", "clients", "link", "protocol"},
}
ASYNCIO_AT = (
    "dispatch/edge",
    "dispatch/store",
    "dispatch/journal",
    "dispatch/console",
    "dispatch/push/apns",
    "dispatch/doctor.py",
    "dispatch/commands",
)
TRIO_AT = (
    "dispatch/supervise",
    "dispatch/gateway",
    "dispatch/push",
    "link",
    "clients",
    "dispatch/commands",
)

BANNED_IN_NAMES = ("manager", "handler", "service", "base", "utils", "helpers", "common")
BANNED_IN_TEXT = {
    r"/(work|root|home)/\w": "a path of one machine: make it relative, or an argument",
    r"(?i)pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian": "a registry's host",
    r"\bTODO\b|\bFIXME\b|\bXXX\b": "do it now, or write down in the docs what is not there",
}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file()]


def sources() -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in (*PACKAGES, "server.py")
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: write the import out in full"
            yield node.lineno, node.module


def is_under(path: Path, *places: str) -> bool:
    name = name_of(path)
    return any(name == place or name.startswith(f"{place}/") for place in places)


def report(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def test_the_core_and_the_protocol_do_no_io() -> None:
    banned = CLOCKS_AND_CHANCE | NETWORK | SAYING
    report(
        [
            f"{name_of(path)}:{line}: imports {module}; the core is synchronous and sans-IO: take "
            "the time, the id or the bytes as an argument and return an effect"
            for path in sources()
            if is_under(path, *SANS_IO)
            for line, module in imports(path)
            if module.split(".")[0] in banned
        ]
    )


def test_the_core_and_the_protocol_read_no_clock() -> None:
    report(
        [
            f"{name_of(path)}:{node.lineno}: calls {node.func.attr}(); take the time as an argument"
            for path in sources()
            if is_under(path, *SANS_IO)
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in READS_A_CLOCK
        ]
    )


def test_nothing_imports_upward() -> None:
    faults = []
    for path in sources():
        places = [place for place in MAY_IMPORT if is_under(path, place)]
        if not places:
            continue
        allowed = MAY_IMPORT[max(places, key=len)]
        for line, module in imports(path):
            ours = module.split(".")[0] in PACKAGES or module == "server"
            if ours and not any(module == ok or module.startswith(f"{ok}.") for ok in allowed):
                faults.append(
                    f"{name_of(path)}:{line}: may not import {module}; it may import "
                    f"{', '.join(sorted(allowed))}: move the code down, or pass it in"
                )
    report(faults)


@pytest.mark.parametrize(("library", "places"), [("asyncio", ASYNCIO_AT), ("trio", TRIO_AT)])
def test_each_event_loop_has_its_own_folders(library: str, places: tuple[str, ...]) -> None:
    report(
        [
            f"{name_of(path)}:{line}: imports {module}; {library} belongs in {', '.join(places)}"
            for path in sources()
            if not is_under(path, *places, "bench")
            for line, module in imports(path)
            if module.split(".")[0] == library
        ]
    )


def test_functions_fit_one_screen() -> None:
    report(
        [
            f"{name_of(path)}:{node.lineno}: {node.name} has {lines} lines (at most "
            f"{FUNCTION_LINES_MAX}): give its steps names of their own"
            for path in sources()
            if not is_under(path, "dispatch/commands")  # a command's options are one line each
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
        ]
    )


def test_files_are_small() -> None:
    report(
        [
            f"{name_of(path)}: {lines} lines (at most {FILE_LINES_MAX}): it does two "
            "things, or its data belongs beside it"
            for path in sources()
            if name_of(path) != "protocol/messages.py"
            and (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MAX
        ]
    )


def test_names_say_what_a_thing_is() -> None:
    faults = []
    for path in sources():
        defined = [
            (node.lineno, node.name)
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        for line, name in [(1, path.stem), *defined]:
            words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
            faults += [
                f"{name_of(path)}:{line}: {name!r} says nothing: name it after what it is in the "
                "field (signal, alert, quadrant, patrol …)"
                for word in words
                if word.lower() in BANNED_IN_NAMES
            ]
    report(faults)


def test_every_source_has_its_test() -> None:
    faults = []
    for path in sources():
        relative = path.relative_to(ROOT)
        if relative.name in ("__init__.py", "__main__.py") or _is_declarations(path):
            continue
        inner = relative.parts[1:-1] if relative.parts[0] == "dispatch" else relative.parts[:-1]
        test = ROOT.joinpath("tests", *inner, f"test_{relative.name}")
        if not test.is_file():
            faults.append(f"{relative}: has no test; write {test.relative_to(ROOT)}")
    report(faults)


def _is_declarations(path: Path) -> bool:
    """Constants, enums, dataclasses without methods: there is nothing to run."""
    return not any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(parsed(path))
    )


def test_everything_public_says_what_it_means() -> None:
    faults = []
    for path in sources():
        if not ast.get_docstring(parsed(path)) and parsed(path).body:
            faults.append(f"{name_of(path)}:1: say in one sentence what this file is for")
        for node in parsed(path).body:
            is_definition = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            if is_definition and not node.name.startswith("_") and not ast.get_docstring(node):
                # A subclass that only names a value of a set, or a table's row, is its own word.
                if isinstance(node, ast.ClassDef) and _is_plain_enum(node):
                    continue
                faults.append(f"{name_of(path)}:{node.lineno}: {node.name} needs its meaning said")
    report(faults)


def _is_plain_enum(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases)


def test_no_text_holds_what_is_not_the_projects() -> None:
    faults = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in (".png", ".gz"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            faults += [
                f"{name_of(path)}:{number}: {why}"
                for pattern, why in BANNED_IN_TEXT.items()
                if re.search(pattern, line)
            ]
    report(faults)
