"""A patrol's handheld: the SDK's `Patrol`, and `python -m clients.patrol` for a terminal."""

from clients.watch import Watch
from protocol.messages import (
    Accept,
    Alert,
    AnyServerMessage,
    Arrive,
    Delivered,
    Position,
    PositionReport,
    Welcome,
)
from protocol.vocabulary import AlertState


class Patrol(Watch):
    """Shows alerts and answers them.

        async with Patrol("wss://server/v1", credentials, on_duty=True) as patrol:
            async for alert in patrol.alerts():
                if alert.owner is None:
                    await patrol.accept(alert.alert_id, eta_s=240)

    Each alert is confirmed as `delivered` by itself, once, at its first sight; after a reconnect
    once more, because the first may have been lost. Accept, arrive and close wait until the alert
    shows them, are sent again after a disconnect, and raise `ActionRefused` with the server's code
    and words. Should a server that was killed come back without one that it had shown, that is sent
    again too. A server that will not have this device back ends the block with `Refused`.
    """

    _confirmed: set[str]

    def greeted(self, welcome: Welcome) -> None:
        """Every open alert follows, and is confirmed anew."""
        super().greeted(welcome)
        self._confirmed = set()

    def heard(self, message: AnyServerMessage) -> None:
        """Take alerts, and confirm those seen for the first time."""
        super().heard(message)
        if isinstance(message, Alert) and self.link.on_duty is not False:
            self._confirm(message)

    async def accept(self, alert_id: str, *, eta_s: int | None = None) -> Alert:
        """Answer the alert and become its owner; again, to change the time of arrival.

        Raises `ActionRefused`: `already_owned`, `already_closed`, `off_duty`, `unknown_alert`.
        """
        message = Accept(alert_id=alert_id, eta_s=eta_s, ref=self._ref("accept"))
        return await self._shown(message)

    async def arrive(self, alert_id: str) -> Alert:
        """Say that this patrol is at the place. Raises `ActionRefused`, as `accept` does."""
        return await self._shown(Arrive(alert_id=alert_id, ref=self._ref("arrive")))

    def moved_to(self, position: Position) -> bool:
        """Report where the patrol is now. False: there is no link, and it is not sent later."""
        return self.link.send(PositionReport(position=position), routine=True)

    def _confirm(self, alert: Alert) -> None:
        if alert.state is AlertState.CLOSED:
            self._confirmed.discard(alert.alert_id)
        elif alert.alert_id not in self._confirmed:
            self._confirmed.add(alert.alert_id)
            seen = Delivered(alert_id=alert.alert_id, version=alert.version)
            self.link.send(seen, routine=True)

    async def _shown(self, message: Accept | Arrive) -> Alert:
        alert = await self._act(message)
        assert alert is not None  # noqa: S101 - only a close may end with nothing to show
        return alert


if __name__ == "__main__":
    from clients.commands.patrol import main

    main()
