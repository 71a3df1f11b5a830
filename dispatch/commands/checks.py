"""The published protocol against the code, and an installation against its machine."""

import sys
from typing import Annotated

import typer

from dispatch.commands.options import PROGRAM, AllowPlain, Config, DataDir, Host, Port
from dispatch.commands.words import fail, out, settings_of
from dispatch.supervise.exit_codes import ExitCode

SCHEMA_FILE = PROGRAM.parent / "protocol" / "asyncapi.json"


def schema(
    write: Annotated[
        bool, typer.Option("--write", help=f"Write protocol/{SCHEMA_FILE.name}.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail if that file is out of date.")
    ] = False,
) -> None:
    """Print the protocol as an AsyncAPI 3 document, or write or check the published one."""
    from protocol.schema import rendered

    document = rendered()
    if write:
        SCHEMA_FILE.write_text(document, encoding="utf-8")
    elif check:
        if not SCHEMA_FILE.is_file() or SCHEMA_FILE.read_text(encoding="utf-8") != document:
            fail(ExitCode.FAILED, "out of date: run `python server.py schema --write`")
    else:
        sys.stdout.write(document)


def doctor(
    config: Config = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    allow_plain: AllowPlain = None,
) -> None:
    """Check these settings and this machine, and say what is wrong and what to do."""
    from dispatch.doctor import Health, examine

    settings = settings_of(config, data_dir=data_dir, host=host, port=port, allow_plain=allow_plain)
    colours = {Health.OK: "green", Health.WARNING: "yellow", Health.FAILED: "red"}
    failed = 0
    for finding in examine(settings):
        failed += finding.health is Health.FAILED
        out.print(f"{finding.health:8}", style=colours[finding.health], end="")
        out.print(f"{finding.check}: {finding.says}")
        if finding.do:
            out.print(f"        → {finding.do}")
    if failed:
        fail(ExitCode.CONFIGURATION, f"{failed} of the checks failed")
