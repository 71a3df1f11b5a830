"""Who could listen in: plain sockets are for this machine alone."""

from ipaddress import ip_address


class ListenError(Exception):
    """The port cannot be opened as asked; the message says what to do."""


def refuse_exposure(host: str, *, has_tls: bool, allow_plain: bool) -> None:
    """Refuse to speak in clear text to anyone but this machine. Raises `ListenError`."""
    if has_tls or allow_plain or is_loopback(host):
        return
    raise ListenError(
        f"{host} is not a loopback address and there is no TLS: everyone on the way could read "
        "where people are. Set tls_certificate and tls_key, or, behind a proxy that speaks TLS, "
        "--allow-plain."
    )


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
