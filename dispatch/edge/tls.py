"""TLS, with certificates that can be renewed under a running server."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger()


class TlsError(Exception):
    """The certificate or its key cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate chain and its private key, both PEM."""

    certificate: Path
    key: Path


class Tls:
    """A context that new handshakes use; sessions under way keep what they began with."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # TLS 1.2 and 1.3 with OpenSSL's defaults: RFC 9325 (BCP 195).
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._loaded = self._stamps()
        self._refusal = ""
        self._load(self.context)

    def reload_if_changed(self) -> bool:
        """Load renewed files. A faulty renewal is said and the old certificate stays in use.

        It is tried again at every call: what was half written may be whole by then.
        """
        stamps = self._stamps()
        if stamps == self._loaded:
            return False
        try:
            # First into a context of its own: a certificate without its key, half written as a
            # renewal may be, must not replace one that works.
            self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
            self._load(self.context)
        except TlsError as error:
            if str(error) != self._refusal:
                log.error("certificate_refused", reason=str(error))
            self._refusal = str(error)
            return False
        self._loaded, self._refusal = stamps, ""
        log.info("certificate_renewed")
        return True

    def _load(self, context: ssl.SSLContext) -> None:
        certificate, key = self._files.certificate, self._files.key
        try:
            # Without a password OpenSSL would ask for one on the terminal, and wait.
            context.load_cert_chain(certificate, key, password="")
        except ssl.SSLError as error:
            reason = error.reason or "not valid PEM"
            raise TlsError(f"{certificate} and {key} do not work together: {reason}") from error
        except OSError as error:
            raise TlsError(f"cannot read {certificate} or {key}: {error.strerror}") from error

    def _stamps(self) -> tuple[tuple[int, int], ...]:
        stamps = []
        for path in (self._files.certificate, self._files.key):
            try:
                status = path.stat()
                stamps.append((status.st_mtime_ns, status.st_ino))
            except OSError:
                stamps.append((0, 0))
        return tuple(stamps)
