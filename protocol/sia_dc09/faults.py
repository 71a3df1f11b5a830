"""What can be wrong with a panel's frame, and what each fault is answered."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from protocol.sia_dc09.header import Header


class Reason(StrEnum):
    """Why a frame was not understood. Always the panel's fault, or its settings'."""

    NO_FRAME = "no_frame"
    """There is no LF, CRC, length and quote where a frame begins, or no CR where it ends."""
    BAD_LENGTH = "bad_length"
    """The length is not that of the body: the frame was cut, or two ran together."""
    BAD_CRC = "bad_crc"
    """The checksum is not that of the body."""
    BAD_HEADER = "bad_header"
    """What stands before the `[` is not identifier, sequence, receiver, prefix and account."""
    UNKNOWN_ACCOUNT = "unknown_account"
    """No panel has this account."""
    UNKNOWN_ID = "unknown_id"
    """The identifier names a format that is not spoken here."""
    NO_KEY = "no_key"
    """The frame is encrypted, and there is no key for its account."""
    NOT_ENCRYPTED = "not_encrypted"
    """The account has a key, and the frame is in clear: anybody may have written it."""
    UNDECRYPTABLE = "undecryptable"
    """What came out of the decryption makes no sense: most likely the keys are not the same."""
    NO_TIMESTAMP = "no_timestamp"
    """The frame is encrypted and no time can be read in it: it may be an old one, replayed."""
    OUTSIDE_WINDOW = "outside_window"
    """The frame is encrypted, and its time too far from ours: a wrong clock, or a replay."""
    BAD_DATA = "bad_data"
    """The data cannot be read as what the identifier says they are."""


class Answer(StrEnum):
    """What a receiver can answer (5.5.2 to 5.5.4)."""

    ACK = "ACK"
    """Taken over: the panel forgets the message. Encrypted if the message was."""
    NAK = "NAK"
    """Its time is wrong. Carries ours, always in clear, so that the panel can set its clock."""
    DUH = "DUH"
    """It arrived well and nothing can be done with it. In clear: the keys may not be the same."""
    NOTHING = ""
    """The panel sends it again."""


ANSWERS: Final = MappingProxyType(
    {
        # What arrived broken is sent again; what is in the header cannot be relied on.
        Reason.NO_FRAME: Answer.NOTHING,
        Reason.BAD_LENGTH: Answer.NOTHING,
        Reason.BAD_CRC: Answer.NOTHING,
        Reason.BAD_HEADER: Answer.NOTHING,
        # What arrived well and will not be understood the next time either.
        Reason.UNKNOWN_ACCOUNT: Answer.DUH,
        Reason.UNKNOWN_ID: Answer.DUH,
        Reason.NO_KEY: Answer.DUH,
        Reason.NOT_ENCRYPTED: Answer.DUH,
        Reason.UNDECRYPTABLE: Answer.DUH,
        Reason.BAD_DATA: Answer.DUH,
        # What the panel can mend by our time.
        Reason.NO_TIMESTAMP: Answer.NAK,
        Reason.OUTSIDE_WINDOW: Answer.NAK,
    }
)
"""What each fault is answered. A message is answered ACK, and only once it is stored."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A frame that was not understood: why, and its header as far as that can be relied on."""

    reason: Reason
    header: Header | None = None

    @property
    def answer(self) -> Answer:
        """What the receiver answers."""
        return ANSWERS[self.reason]
