"""From the settings to what each process needs to know.

What only one of them needs is imported for that one alone.
"""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dispatch.commands.words import fail
from dispatch.edge.exposure import is_loopback
from dispatch.secret import Use, derived_key, installation_secret
from dispatch.settings import Durability, Settings
from dispatch.supervise.exit_codes import ExitCode
from protocol import PATH
from protocol.vocabulary import Role

if TYPE_CHECKING:
    from dispatch.console.serve import ConsoleOptions
    from dispatch.edge.serve import CoreOptions
    from dispatch.edge.tls import TlsFiles
    from dispatch.gateway.serve import GatewayOptions
    from dispatch.push.serve import PushOptions
    from dispatch.store.pool import Pool

GATEWAY_ID = "gateway-local"
"""The gateway that `run` brings along."""
CONSOLE_ID = "console-local"
"""The HTTP side, to the core."""
PUSH_ID = "push-local"
"""Its push side."""
EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def core_options(settings: Settings, database: str) -> "CoreOptions":
    """Gather what a core needs."""
    from dispatch.edge.serve import CoreOptions

    return CoreOptions(
        dsn=database,
        journal_file=settings.journal_file,
        registry_folder=settings.registry_folder,
        picture_key=derived_key(installation_secret(settings, make=True), Use.PICTURE_PATHS),
        held_by_database=settings.durability is Durability.DATABASE,
        host=settings.host,
        port=settings.port,
        tls=_tls(settings),
        allow_plain=settings.allow_plain,
        origins=(*settings.origins, *_origins_of_console(settings)),
        connections_max=settings.connections_max,
    )


def _origins_of_console(settings: Settings) -> tuple[str, ...]:
    """Return where browsers find this installation's own pages, as far as we can know."""
    if not settings.console_port:
        return ()
    scheme = "http" if settings.tls_certificate is None else "https"
    is_here = is_loopback(settings.host) or settings.host in EVERY_ADDRESS
    hosts = LOOPBACK_HOSTS if is_here else (settings.host,)
    return tuple(f"{scheme}://{host}:{settings.console_port}" for host in hosts)


def _tls(settings: Settings) -> "TlsFiles | None":
    from dispatch.edge.tls import TlsFiles

    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return TlsFiles(settings.tls_certificate, settings.tls_key)


def gateway_options(settings: Settings, code: str | None) -> "GatewayOptions":
    """Gather what a gateway needs; the first time, trade a code for its token."""
    import trio

    from dispatch.commands.database import with_store
    from dispatch.gateway.enrolment import become
    from dispatch.gateway.serve import GatewayOptions
    from dispatch.gateway.trust import OwnCertificate
    from link.enrolment import load

    url = settings.gateway_core_url or _own_core_url(settings)
    own = None
    if settings.gateway_core_url is None and settings.tls_certificate is not None:
        own = OwnCertificate(settings.tls_certificate, url)
    context = None if own is None else own.context
    file = settings.gateway_credentials
    if code is None and file.exists():
        credentials = load(file)
    else:
        code = code or with_store(settings, _code_for_gateway)
        credentials = trio.run(partial(become, file, url, code, ssl_context=context))
    return GatewayOptions(
        core_url=url,
        credentials=credentials,
        wiring_key=derived_key(installation_secret(settings), Use.WIRING),
        host=settings.gateway_host,
        panel_port=settings.gateway_panel_port,
        button_port=settings.gateway_button_port,
        metrics_port=settings.gateway_metrics_port,
        console_url=settings.gateway_console_url or _console_beside(url, settings.console_port),
        ssl_context=context,
        dial=None if own is None else own.dial,
        trust=None if own is None else own.trust,
    )


async def _code_for_gateway(pool: "Pool") -> str:
    """Let the gateway of this installation take part; it is registered if it is not."""
    from dispatch.core.registry import Device
    from dispatch.store import enrolment
    from dispatch.store.errors import Refused

    try:
        return (await enrolment.issue_codes(pool, [GATEWAY_ID]))[GATEWAY_ID]
    except Refused:
        return await enrolment.issue_code(pool, Device(GATEWAY_ID, Role.GATEWAY, GATEWAY_ID))


def console_options(settings: Settings, database: str) -> "ConsoleOptions":
    """Gather what the HTTP side needs."""
    from dispatch.console.app import Keys
    from dispatch.console.config import PageOptions
    from dispatch.console.presses.core_link import CoreAddress
    from dispatch.console.serve import ConsoleOptions
    from dispatch.push.vapid import vapid_keys

    secret = installation_secret(settings)
    return ConsoleOptions(
        dsn=database,
        pictures_folder=settings.pictures_folder,
        core=CoreAddress(
            url=settings.console_core_url or _own_core_url(settings),
            device_id=CONSOLE_ID,
            token=derived_key(secret, Use.CONSOLE_TOKEN).hex(),
            own=_own_certificate(settings),
        ),
        keys=Keys(
            pictures=derived_key(secret, Use.PICTURE_PATHS),
            wiring=derived_key(secret, Use.WIRING),
            totp=derived_key(secret, Use.TOTP),
        ),
        host=settings.host,
        port=settings.console_port,
        tls=_tls(settings),
        allow_plain=settings.allow_plain,
        pages=PageOptions(
            settings.port,
            settings.core_public_url,
            settings.map_tiles_url,
            settings.map_credit,
            vapid_keys(derived_key(secret, Use.VAPID)).application_key if settings.push else "",
        ),
    )


def _own_certificate(settings: Settings) -> Any:
    """What the console believes of a core on this machine that speaks TLS."""
    from dispatch.trust import OwnCertificate

    if settings.console_core_url is not None or settings.tls_certificate is None:
        return None
    return OwnCertificate(settings.tls_certificate)


def push_options(settings: Settings) -> "PushOptions":
    """Gather what a push side needs, and have the core know it."""
    from dispatch.commands.database import with_store
    from dispatch.gateway.trust import OwnCertificate
    from dispatch.push.serve import PushOptions
    from dispatch.push.vapid import vapid_keys
    from dispatch.store.errors import StoreUnavailable
    from dispatch.store.own_device import introduce
    from link.enrolment import Credentials

    secret = installation_secret(settings)
    token = derived_key(secret, Use.PUSH_TOKEN).hex()
    with suppress(StoreUnavailable):  # without PostgreSQL the core knows it if it ever did
        with_store(settings, lambda pool: introduce(pool, PUSH_ID, Role.PUSH, token))
    url = _own_core_url(settings)
    own = None
    if settings.tls_certificate is not None:
        own = OwnCertificate(settings.tls_certificate, url)
    return PushOptions(
        core_url=url,
        credentials=Credentials(PUSH_ID, Role.PUSH, token),
        keys=vapid_keys(derived_key(secret, Use.VAPID)),
        contact=settings.push_contact,
        hosts=settings.push_hosts,
        metrics_port=settings.push_metrics_port,
        apns=_apns_options(settings),
        fcm=_fcm_options(settings),
        ssl_context=None if own is None else own.context,
        dial=None if own is None else own.dial,
    )


def _apns_options(settings: Settings) -> Any:
    """What this installation has from Apple, if anything."""
    from dispatch.push.apns.key import KeyUnusable, read_key
    from dispatch.push.apns.provider import ApnsOptions

    if settings.apns_key_file is None:
        return None
    try:
        key = read_key(settings.apns_key_file)
    except KeyUnusable as error:
        fail(ExitCode.CONFIGURATION, f"apns_key_file: {error}")
    return ApnsOptions(
        key=key,
        key_id=settings.apns_key_id,
        team_id=settings.apns_team_id,
        topics=settings.apns_topics,
        host=settings.apns_host,
        port=settings.apns_port,
        critical=settings.apns_critical,
    )


def _fcm_options(settings: Settings) -> Any:
    """What this installation has from Firebase, if anything."""
    from dispatch.push.fcm.account import AccountUnusable, read_account
    from dispatch.push.fcm.provider import FcmOptions

    if settings.fcm_account_file is None:
        return None
    try:
        return FcmOptions(read_account(settings.fcm_account_file), settings.fcm_url)
    except AccountUnusable as error:
        fail(ExitCode.CONFIGURATION, f"fcm_account_file: {error}")


def _console_beside(core_url: str, port: int) -> str:
    core = urlsplit(core_url)
    host = core.hostname or ""
    scheme = "https" if core.scheme == "wss" else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _own_core_url(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in EVERY_ADDRESS else settings.host
    scheme = "ws" if settings.tls_certificate is None else "wss"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}{PATH}"
