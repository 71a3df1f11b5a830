"""A control room's screen: the SDK's `Operator`, and `python -m clients.operator`."""

from clients.watch import Watch


class Operator(Watch):
    """Watches every alert of the city and may close any; for operators and supervisors.

    async with Operator("wss://server/v1", credentials) as operator:
        async for alert in operator.alerts():
            print(alert.state, alert.escalation.step)
    """


if __name__ == "__main__":
    from clients.commands.operator import main

    main()
