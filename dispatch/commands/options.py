"""The options that commands share, and where the program is."""

from pathlib import Path
from typing import Annotated, Any

import typer

PROGRAM = Path(__file__).resolve().parents[2] / "server.py"

Config = Annotated[
    Path | None, typer.Option(help="Settings file; without it, cuadrante.toml if there is one.")
]
DataDir = Annotated[Path | None, typer.Option(help="Where everything that must last is kept.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0: any free one.")]
AllowPlain = Annotated[
    bool | None, typer.Option("--allow-plain", help="No TLS beyond loopback: only behind a proxy.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

A_FILE: Any = {"exists": True, "dir_okay": False, "readable": True}
