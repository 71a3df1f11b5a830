"""From an empty directory, or one that a demo left, to a server that knows its city."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import trio

from clients.demo import cast, city
from clients.demo.backstage import DemoFailed, command
from clients.demo.beats import Beat, read_beats
from clients.demo.options import Options
from clients.demo.simulator import CODES_FILE, REGISTRY_FILE, enrol_all
from clients.operator import Operator
from link import private_file
from link.enrolment import Credentials
from link.errors import ClientError

IN_FORCE_WITHIN_S: Final = 60.0
"""The server builds its index of a large city in a few seconds."""
ASK_AGAIN_S: Final = 0.3
STEM_CHARS: Final = 20

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """The quadrants of this run: their file, the name of the edition, and where they are."""

    path: Path
    edition: str
    beats: list[Beat]


def forget_if_gone(directory: Path) -> None:
    """Forget tokens and codes of a database that is there no more."""
    if not (directory / "data").exists():
        for path in (*directory.glob("credentials-*.jsonl"), directory / CODES_FILE):
            path.unlink(missing_ok=True)


def prepare(options: Options, say: Say) -> Ground:
    """Draw or read the quadrants, and cast everybody. Raises `BadQuadrants`, `OSError`."""
    path = options.quadrants
    if path is None:
        path = options.directory / "city.geojson"
        path.write_bytes(city.sample_city(options.seed))
        say(f"ciudad · city: {city.NAME} ({path})")
    beats = read_beats(path, options.fields["code"], options.fields["name"])
    registry = cast.cast(beats, options.size(len(beats)), options.seed)
    cast.write(registry, options.directory / REGISTRY_FILE)
    say(
        f"cuadrantes · quadrants: {len(beats):,}; dispositivos · devices: {len(registry.devices):,}"
    )
    return Ground(path.resolve(), edition_of(path), beats)


def edition_of(path: Path) -> str:
    """Name an edition after its file and its content, so that the same file is the same one."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem)[:STEM_CHARS].strip("-") or "city"
    return f"{stem}-{digest}"


async def fill_registry(options: Options, ground: Ground, say: Say) -> None:
    """Bring the quadrants and the cast into the running server, and fetch the codes.

    Raises `DemoFailed`.
    """
    directory = options.directory
    fields = [word for name, field in options.fields.items() for word in (f"--{name}-field", field)]
    said = await command(
        directory,
        "import",
        "quadrants",
        str(ground.path),
        "--edition",
        ground.edition,
        *fields,
    )
    (directory / "import.log").write_text(said, encoding="utf-8")
    say(f"edición · edition: {ground.edition} (informe · report: {directory / 'import.log'})")
    await command(directory, "import", "registry", str(directory / REGISTRY_FILE))
    fresh = directory / "codes-new.json"
    await command(directory, "enrol", "--all", "--json", str(fresh))
    keep_codes(directory / CODES_FILE, fresh)


def keep_codes(path: Path, fresh: Path) -> None:
    """Add fresh codes to those of earlier runs: a code is good until its token was used."""
    known = json.loads(path.read_bytes()) if path.exists() else {}
    known |= json.loads(fresh.read_bytes())
    private_file.write(path, msgspec.json.encode(known))
    fresh.unlink()


async def enrol_view(options: Options, url: str, edition: str) -> Credentials:
    """Enrol the demo's own screen, and wait until the server locates by this edition.

    Raises `DemoFailed`.
    """
    why = "the edition did not come into force"
    with trio.move_on_after(IN_FORCE_WITHIN_S):
        while True:
            try:
                known = await enrol_all(
                    "view", url, options.directory, [cast.VIEW_ID], lambda _: None
                )
                async with Operator(url, known[cast.VIEW_ID]) as operator:
                    await operator.synced()
                    if operator.welcome is not None and operator.welcome.edition == edition:
                        return known[cast.VIEW_ID]
            except ClientError as error:  # the server has not heard of the codes yet
                why = str(error)
            await trio.sleep(ASK_AGAIN_S)
    raise DemoFailed(f"{why}; if it stays so, delete {options.directory} and start again")
