"""A physical button that can hold a WebSocket: the SDK's `Button`."""

from clients.sender import Sender


class Button(Sender):
    """Calls for help from its registered place; it knows no position of its own.

        async with Button("wss://server/v1", credentials, outbox=Path("outbox.json")) as button:
            press = await button.press()
            await press.until(Stage.DELIVERED)   # light the lamp

    Everything said of `App` holds for it.
    """
