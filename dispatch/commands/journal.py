"""Looking into the durable log, for the person on call."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dispatch.commands.options import AsJson, Config, DataDir
from dispatch.commands.words import blame, fail, print_json, settings_of
from dispatch.supervise.exit_codes import ExitCode


def inspect_journal(
    as_json: AsJson = False, config: Config = None, data_dir: DataDir = None
) -> None:
    """Say what is in it: lines, open alerts, what PostgreSQL lacks yet, room on the disk."""
    from dispatch.journal.inspect import inspect

    with blame():
        summary = inspect(settings_of(config, data_dir=data_dir).journal_file)
    if as_json:
        print_json(summary.as_dict())
    else:
        sys.stdout.write("\n".join(summary.lines_of_text()) + "\n")


def verify_journal(
    as_json: AsJson = False, config: Config = None, data_dir: DataDir = None
) -> None:
    """Read all of it and check it; fails when something is wrong."""
    from dispatch.journal.inspect import verify

    with blame():
        findings = verify(settings_of(config, data_dir=data_dir).journal_file)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        sys.stdout.write("".join(f"{finding.line()}\n" for finding in findings))
    if findings:
        fail(ExitCode.FAILED, f"{len(findings)} findings; the file is left as it is")


def export_journal(
    out_file: Annotated[Path, typer.Argument(help="JSON lines; it holds personal data.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Write every line as JSON, for whoever has to look closer."""
    from dispatch.journal.inspect import export

    with blame():
        count = export(settings_of(config, data_dir=data_dir).journal_file, out_file)
    sys.stdout.write(f"{count} lines written to {out_file}\n")
