"""What the core answers, as HTTP says it."""

from types import MappingProxyType
from typing import Final

from dispatch.console.bounds import RETRY_AFTER_S
from dispatch.console.errors import Declined, ErrorCode
from dispatch.console.presses.core_link import CoreAway, CoreLink, CoreRefused
from protocol import vocabulary
from protocol.messages import ClientMessage, MessageFront, MessageReach, Receipt, Signal

_AS: Final = MappingProxyType(
    {
        vocabulary.ErrorCode.BAD_FIELD: ErrorCode.BAD_FIELD,
        vocabulary.ErrorCode.NOT_ALLOWED: ErrorCode.NOT_ALLOWED,
        vocabulary.ErrorCode.UNKNOWN_ALERT: ErrorCode.NOT_FOUND,
        vocabulary.ErrorCode.SIGNAL_ID_CONFLICT: ErrorCode.CONFLICT,
        vocabulary.ErrorCode.UNKNOWN_FRONT: ErrorCode.NOT_FOUND,
        vocabulary.ErrorCode.MESSAGE_ID_CONFLICT: ErrorCode.CONFLICT,
        vocabulary.ErrorCode.TOO_SOON: ErrorCode.TOO_MANY,
        vocabulary.ErrorCode.NOT_ON_CALL: ErrorCode.CONFLICT,
        vocabulary.ErrorCode.ALREADY_OWNED: ErrorCode.CONFLICT,
        vocabulary.ErrorCode.NOT_OWNER: ErrorCode.CONFLICT,
        vocabulary.ErrorCode.OFF_DUTY: ErrorCode.CONFLICT,
        vocabulary.ErrorCode.ALREADY_CLOSED: ErrorCode.CONFLICT,
    }
)
"""Everything else may be asked again later."""


async def press(core: CoreLink, signal: Signal) -> Receipt:
    """Have a press stored. Raises `Declined`."""
    try:
        return await core.press(signal)
    except CoreAway:
        raise _away() from None
    except CoreRefused as refused:
        raise _refused(refused) from None


async def say(core: CoreLink, message: MessageFront) -> MessageReach:
    """Have something said to a front, and stored. Raises `Declined`."""
    try:
        return await core.say(message)
    except CoreAway:
        raise _away() from None
    except CoreRefused as refused:
        raise _refused(refused) from None


async def act(core: CoreLink, command: ClientMessage) -> None:
    """Have a command done. Raises `Declined`."""
    try:
        await core.act(command)
    except CoreAway:
        raise _away() from None
    except CoreRefused as refused:
        raise _refused(refused) from None


def _away() -> Declined:
    return Declined(
        ErrorCode.UNAVAILABLE,
        "El despacho no responde; intente de nuevo.",
        "The dispatcher does not answer; try again.",
        retry_after_s=RETRY_AFTER_S,
    )


def _refused(refused: CoreRefused) -> Declined:
    error = refused.error
    code = _AS.get(error.code, ErrorCode.UNAVAILABLE)
    return Declined(code, error.text.es, error.text.en, error.field)
