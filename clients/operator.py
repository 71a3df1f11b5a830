"""A control room's screen: the SDK's `Operator`, and `python -m clients.operator`."""

from functools import cached_property

from clients.saying import Sayings
from clients.troubles import Troubles
from clients.watch import Watch
from link.feed import Reader
from protocol.messages import AnyServerMessage, Assign, MessageReach, Welcome


class Operator(Watch):
    """Watches every alert of the city and may close any; for operators and supervisors.

    async with Operator("wss://server/v1", credentials) as operator:
        async for alert in operator.alerts():
            print(alert.state, alert.escalation.step)

    What is wrong with the kit is in `operator.troubles`; how far messages to fronts have got, in
    `operator.reached()`.
    """

    @cached_property
    def troubles(self) -> Troubles:
        """What is wrong with the kit."""
        return Troubles()

    @cached_property
    def _sayings(self) -> Sayings:
        return Sayings(self.link)

    async def assign(self, alert_id: str, device_id: str, *, eta_s: int | None = None) -> None:
        """Give an alert to a patrol that is on call. Waits for the server; survives disconnects.

        Raises `ActionRefused`: `not_on_call`, `already_owned` (its owner is on the scene),
        `already_closed`, `off_duty`, `unknown_alert`.
        """
        ref = self._ref("assign")
        await self._act(Assign(alert_id=alert_id, device_id=device_id, eta_s=eta_s, ref=ref))

    async def tell_front(
        self, front_id: str, body: str, *, about: str | None = None
    ) -> MessageReach:
        """Say something to everyone of a front, `about` one of its open alerts or nothing.

        Waits until it is stored, and returns how far it has got by then; survives disconnects, and
        is said once. Raises `ActionRefused`: `unknown_front`, `not_allowed` (another quadrant's),
        `unknown_alert`, `already_closed`, `off_duty`, `too_soon`, `bad_field`.
        """
        return await self._sayings.say(front_id, body, about)

    def reached(self) -> Reader[MessageReach]:
        """Follow how far each message to a front has got, whoever said it."""
        return self._sayings.reached()

    async def duty(self, on_duty: bool) -> None:
        """Go on or off duty. Whoever comes back is shown what is open then."""
        if on_duty:
            self.troubles.greeted()
        else:
            self.troubles.clear()
        await super().duty(on_duty)

    def greeted(self, welcome: Welcome) -> None:
        """Every open alert follows, and the newest troubles."""
        self.troubles.greeted()
        self._sayings.greeted()
        super().greeted(welcome)

    def heard(self, message: AnyServerMessage) -> None:
        """Take alerts, answers to actions, troubles, and how far messages have got."""
        self.troubles.heard(message)
        self._sayings.heard(message)
        super().heard(message)


if __name__ == "__main__":
    from clients.commands.operator import main

    main()
