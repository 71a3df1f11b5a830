"""How a gateway on the core's own machine reaches it, whatever its certificate names."""

from pathlib import Path
from urllib.parse import urlsplit

import trio

from dispatch.trust import OwnCertificate as Certificate


class OwnCertificate(Certificate):
    """Trusts the installation's own certificate, read anew for each connection."""

    def __init__(self, certificate: Path, url: str) -> None:
        """Raises `OSError` when the file cannot be read."""
        super().__init__(certificate)
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 443

    async def dial(self) -> trio.SocketStream:
        """Open a stream to the core, as it is now."""
        self.trust()
        return await trio.open_tcp_stream(self._host, self._port)
