"""What commands print, and how one that cannot go on says so: a sentence and an exit code."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console

from dispatch.supervise.exit_codes import ExitCode

if TYPE_CHECKING:
    from dispatch.settings import Settings

out = Console(soft_wrap=True, highlight=False, markup=False)  # names may hold [brackets]
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def settings_of(config: Path | None, **flags: object) -> "Settings":
    """Read the settings, or end with what is wrong with them."""
    from dispatch.settings import BadSettings, load_settings

    try:
        return load_settings(config, **flags)
    except BadSettings as error:
        fail(ExitCode.CONFIGURATION, str(error))


def fail(code: ExitCode, message: str) -> NoReturn:
    """Say why it cannot be, and end."""
    err.print(f"cuadrante: {message}")
    raise typer.Exit(int(code))


@contextmanager
def blame() -> Iterator[None]:
    """Turn what is not our own fault into one sentence and an exit code. Our bugs stay loud."""
    try:
        yield
    except Exception as error:
        fault = _fault(error)
        if fault is None:
            raise
        fail(*fault)


def _fault(error: Exception) -> tuple[ExitCode, str] | None:
    """Say whose fault an error is, by its code, and what people are told. None: it is a bug."""
    from dispatch.edge.exposure import ListenError
    from dispatch.edge.tls import TlsError
    from dispatch.gateway.errors import CannotListen
    from dispatch.journal.faults import CannotOpen
    from dispatch.secret import SecretUnusable
    from dispatch.store.errors import Refused, StoreUnavailable
    from dispatch.store.quadrant_file import QuadrantFileError
    from dispatch.supervise.postgres_layout import EmbeddedPostgresError, PostgresMissingError
    from dispatch.supervise.restarts import GaveUpError
    from link.errors import ClientError

    match error:
        case ListenError() | TlsError() | SecretUnusable() | CannotListen():
            return ExitCode.CONFIGURATION, str(error)
        case StoreUnavailable() | EmbeddedPostgresError() | PostgresMissingError():
            return ExitCode.DATABASE, f"PostgreSQL: {error}. Check with `server.py doctor`."
        case Refused() | QuadrantFileError() | CannotOpen():
            return ExitCode.FAILED, str(error)
        case sqlite3.Error():
            return ExitCode.FAILED, f"the journal cannot be read: {error}"
        case FileNotFoundError() | FileExistsError():
            where = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            return ExitCode.FAILED, where
        case ClientError():
            advice = error.advice.en if error.advice else ""
            return ExitCode.FAILED, f"{error.text.en} {advice}".strip()
        case GaveUpError():
            return ExitCode.GAVE_UP, str(error)
    return None


def print_json(value: object) -> None:
    """Print something for programs to read."""
    sys.stdout.write(json.dumps(value, indent=1, default=str, ensure_ascii=False) + "\n")


def when(at: datetime | None, never: str = "") -> str:
    """Say a time as a cell of a table."""
    return never if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"
