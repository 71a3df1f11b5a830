"""Who may log in to the control room."""

import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.table import Table

from dispatch.commands.options import AsJson, Config, DataDir
from dispatch.commands.words import blame, fail, out, print_json, settings_of
from dispatch.store.account_role import AccountRole
from dispatch.supervise.exit_codes import ExitCode

if TYPE_CHECKING:
    from dispatch.settings import Settings
    from dispatch.store.pool import Pool


class Credentials(NamedTuple):
    """What an account logs in with, as it is kept."""

    password_hash: str
    totp_box: bytes | None


def add_account(
    account_id: Annotated[str, typer.Argument(help="What its owner logs in with (letters, .-_:).")],
    name: Annotated[str, typer.Option(help="Its owner's name.")],
    role: Annotated[AccountRole, typer.Option(help="What its owner may do.")],
    quadrant: Annotated[
        str | None, typer.Option(help="Supervisor: the one quadrant whose fronts it speaks to.")
    ] = None,
    totp: Annotated[
        bool, typer.Option("--totp", help="With one-time passwords; prints what to scan.")
    ] = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Make an account of the control room; asks for its password (or reads it from a pipe)."""
    from dispatch.store import accounts

    async def add(pool: "Pool", new: Credentials) -> bool:
        await accounts.add_account(pool, account_id, name, role, *new, quadrant=quadrant)
        return True

    _with_credentials(settings_of(config, data_dir=data_dir), account_id, totp, add, "added")


def change_password(
    account_id: Annotated[str, typer.Argument(help="Whose.")],
    totp: Annotated[
        bool, typer.Option("--totp", help="With new one-time passwords; prints what to scan.")
    ] = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Give an account another password; whoever is logged in with it is logged out."""
    from dispatch.store import accounts

    async def change(pool: "Pool", new: Credentials) -> bool:
        return await accounts.change_password(pool, account_id, *new)

    settings = settings_of(config, data_dir=data_dir)
    _with_credentials(settings, account_id, totp, change, "has another password")


def revoke_account(
    account_id: Annotated[str, typer.Argument(help="Whose.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Withdraw an account for good; whoever is logged in with it is logged out."""
    from dispatch.store import accounts

    async def revoke(pool: "Pool") -> bool:
        return await accounts.revoke_account(pool, account_id, reason)

    _done(settings_of(config, data_dir=data_dir), account_id, revoke, "revoked")


def list_accounts(as_json: AsJson = False, config: Config = None, data_dir: DataDir = None) -> None:
    """List the accounts of the control room."""
    from dispatch.commands.database import with_store
    from dispatch.store import accounts

    with blame():
        rows = with_store(settings_of(config, data_dir=data_dir), accounts.accounts)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    table = Table("account", "name", "role", "quadrant", "one-time", "locked until", "revoked")
    for row in rows:
        one_time = "yes" if row.has_totp else ""
        times = (str(at or "") for at in (row.locked_until, row.revoked_at))
        table.add_row(row.account_id, row.name, row.role, row.quadrant or "", one_time, *times)
    out.print(table if rows else "no accounts yet: `server.py account add ID --role operator`")


def _with_credentials(
    settings: "Settings",
    account_id: str,
    totp: bool,
    work: "Callable[[Pool, Credentials], Coroutine[Any, Any, bool]]",
    done: str,
) -> None:
    """Ask for a password, do something with it, and show what an authenticator scans, once."""
    from dispatch.console.access import one_time, passwords
    from dispatch.secret import Use, derived_key, installation_secret

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if fault := passwords.fault(password):
        fail(ExitCode.USAGE, fault)
    with blame():
        key = derived_key(installation_secret(settings, make=True), Use.TOTP)
    secret = one_time.new_secret() if totp else None
    box = None if secret is None else one_time.sealed(secret, key, account_id)
    new = Credentials(passwords.hashed(password), box)
    _done(settings, account_id, lambda pool: work(pool, new), done)
    if secret is not None:
        _show(one_time.uri(secret, account_id))


def _done(
    settings: "Settings",
    account_id: str,
    work: "Callable[[Pool], Coroutine[Any, Any, bool]]",
    done: str,
) -> None:
    """Do something to an account, and say so; fail if there is none of this id."""
    from dispatch.commands.database import with_store

    with blame():
        if not with_store(settings, work):
            fail(ExitCode.FAILED, f"there is no account {account_id}; see `server.py account list`")
    sys.stdout.write(f"{account_id} {done}\n")


def _show(uri: str) -> None:
    """Show what an authenticator scans: to the person at the terminal."""
    import segno

    segno.make(uri).terminal(compact=True)
    sys.stdout.write(f"{uri}\n")
