"""A control room's screen: the SDK's `Operator`, and `python -m clients.operator`."""

from functools import cached_property

from clients.troubles import Troubles
from clients.watch import Watch
from protocol.messages import AnyServerMessage, Welcome


class Operator(Watch):
    """Watches every alert of the city and may close any; for operators and supervisors.

    async with Operator("wss://server/v1", credentials) as operator:
        async for alert in operator.alerts():
            print(alert.state, alert.escalation.step)

    What is wrong with the kit is in `operator.troubles`.
    """

    @cached_property
    def troubles(self) -> Troubles:
        """What is wrong with the kit."""
        return Troubles()

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
        super().greeted(welcome)

    def heard(self, message: AnyServerMessage) -> None:
        """Take alerts, answers to actions, and troubles."""
        self.troubles.heard(message)
        super().heard(message)


if __name__ == "__main__":
    from clients.commands.operator import main

    main()
