#!/usr/bin/env python3
"""Cuadrante's command line: the list of what it can be asked. Each is in `dispatch/commands/`."""

import typer

from dispatch.commands import accounts, checks, devices, imports, journal, records, serving

app = typer.Typer(
    help="Cuadrante: a panic press reaches the patrol of its quadrant at once.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

# --- serving ------------------------------------------------------------------------------------
app.command()(serving.run)
app.command()(serving.core)
app.command()(serving.gateway)
app.command()(serving.console)
app.command()(serving.push)

# --- the registry -------------------------------------------------------------------------------
app.command()(devices.enrol)
app.command()(devices.revoke)
app.command()(devices.reinstate)
app.command()(devices.devices)

import_ = typer.Typer(help="Bring quadrants, or fronts, people and devices, into the registry.")
import_.command("quadrants")(imports.import_quadrants_file)
import_.command("registry")(imports.import_registry_file)
app.add_typer(import_, name="import", no_args_is_help=True)

account = typer.Typer(help="Who may log in to the control room.")
account.command("add")(accounts.add_account)
account.command("passwd")(accounts.change_password)
account.command("revoke")(accounts.revoke_account)
account.command("list")(accounts.list_accounts)
app.add_typer(account, name="account", no_args_is_help=True)

# --- the record ---------------------------------------------------------------------------------
app.command()(records.kit)
app.command()(records.troubles)
app.command()(records.forget)

log = typer.Typer(help="Look into the durable log, for the person on call.")
log.command("inspect")(journal.inspect_journal)
log.command("verify")(journal.verify_journal)
log.command("export")(journal.export_journal)
app.add_typer(log, name="journal", no_args_is_help=True)

# --- the rest -----------------------------------------------------------------------------------
app.command()(checks.schema)
app.command()(checks.doctor)


if __name__ == "__main__":
    app()
