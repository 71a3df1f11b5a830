"""Which core a process on the same machine believes: the one that shows this very certificate."""

import ssl
from pathlib import Path


class OwnCertificate:
    """Trusts the installation's own certificate, as it is now, and no other.

    It need not name the loopback, nor be signed by anybody: whoever holds its key is the core.
    """

    def __init__(self, certificate: Path) -> None:
        """Raises `OSError` when the file cannot be read."""
        self._certificate = certificate
        self.context = ssl.create_default_context(cafile=certificate)
        self.context.check_hostname = False
        self.context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN

    def trust(self) -> None:
        """Trust a certificate that was renewed meanwhile. Raises `OSError`."""
        self.context.load_verify_locations(self._certificate)
