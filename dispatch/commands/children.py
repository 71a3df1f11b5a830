"""Which processes `run` keeps, and how each is started."""

import sys
from dataclasses import replace
from pathlib import Path

from dispatch.commands.options import PROGRAM
from dispatch.settings import Settings
from dispatch.supervise.child import ChildSpec
from dispatch.supervise.postgres import dsn, postgres_child
from dispatch.supervise.tree import supervise


async def supervise_all(settings: Settings, config: Path | None) -> None:
    """Start every process of an installation and keep it up, until this one is ended."""
    children = children_of(settings, config)
    await supervise(children, drain_deadline_s=2 * settings.drain_deadline_s)


def children_of(settings: Settings, config: Path | None) -> list[ChildSpec]:
    """Return what is to be kept up, in the order in which it starts."""
    # What is not set has no place in an environment: the child must read the same file.
    of_config = () if config is None else ("--config", str(config))
    core_child = ChildSpec(
        name="core",
        argv=(sys.executable, str(PROGRAM), "core", *of_config),
        env=settings.as_environment(),
        ready_deadline_s=60.0,
        drain_deadline_s=settings.drain_deadline_s,
    )
    # No press in an app waits for these: they may fail alone.
    console_child = replace(
        core_child,
        name="console",
        argv=(sys.executable, str(PROGRAM), "console", *of_config),
        essential=False,
    )
    gateway_child = replace(
        console_child,
        name="gateway",
        argv=(sys.executable, str(PROGRAM), "gateway", *of_config),
    )
    push_child = replace(
        console_child,
        name="push",
        argv=(sys.executable, str(PROGRAM), "push", *of_config),
    )
    children = [core_child, console_child]
    if settings.port:  # 0 is a port that they could not find
        children += [gateway_child, *([push_child] if settings.push else ())]
    if settings.dsn is None:
        database = {"CUADRANTE_DSN": dsn(settings.postgres_dir)}
        children = [replace(child, env={**child.env, **database}) for child in children]
        # Presses are dispatched from the local copy while PostgreSQL is away: it may fail alone.
        postgres = replace(postgres_child(settings.postgres_dir), essential=False)
        children = [postgres, *children]
    return children
