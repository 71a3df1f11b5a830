"""A relay that sounds a siren: Shelly Gen2 and later, by their RPC over HTTP.

It is switched on for so many seconds at a time (`toggle_after`), so that a siren falls silent by
itself whatever happens to us. Source: Shelly API documentation, "Switch" component and
"Authentication" (HTTP digest with SHA-256).
"""

import math
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from dispatch.gateway.appliances.asking import Appliance, Faulty
from dispatch.gateway.appliances.bounds import SWITCH_DEADLINE_S
from dispatch.wiring import Shelly


class _Status(Struct):
    """What `Switch.GetStatus` answers, as far as it matters."""

    output: bool


class Relay:
    """One switch of one relay."""

    def __init__(self, wiring: Shelly) -> None:
        self._rpc = f"{wiring.url.rstrip('/')}/rpc"
        self._switch = wiring.switch
        self._appliance = Appliance(wiring.user, wiring.password)

    async def switch_on(self, for_s: float) -> bool:
        """Switch on for `for_s` seconds; say whether it is on now.

        Raises `Unreachable`, `Faulty`.
        """
        await self._call("Switch.Set", on="true", toggle_after=str(math.ceil(for_s)))
        return await self.is_on()

    async def switch_off(self) -> bool:
        """Switch off; say whether it is off now. Raises `Unreachable`, `Faulty`."""
        await self._call("Switch.Set", on="false")
        return not await self.is_on()

    async def is_on(self) -> bool:
        """Ask whether it is on. Raises `Unreachable`, `Faulty`."""
        try:
            return msgspec.json.decode(await self._call("Switch.GetStatus"), type=_Status).output
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise Faulty("is no relay of this kind") from None

    async def prove_life(self) -> None:
        """Ask it anything. Raises `Unreachable`, `Faulty`."""
        await self.is_on()

    async def aclose(self) -> None:
        """Let go of its connections."""
        await self._appliance.aclose()

    async def _call(self, method: str, **arguments: str) -> bytes:
        query = urlencode({"id": self._switch, **arguments})
        response = await self._appliance.get(f"{self._rpc}/{method}?{query}", SWITCH_DEADLINE_S)
        return response.content
