"""What a receiver answers (5.5.2 to 5.5.4), written as it does, and read as a panel does."""

from dataclasses import dataclass

from protocol.sia_dc09.content import Content, read_content, write_content
from protocol.sia_dc09.faults import Answer, Fault, Reason
from protocol.sia_dc09.frame import Frame, read_frame, write_frame
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.seal import seal, unseal
from protocol.sia_dc09.timestamp import read_timestamp, write_timestamp

_NOTHING = write_content(Content(b""))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered, as a panel reads it."""

    answer: Answer
    header: Header
    at_s: int | None = None
    """The receiver's clock, in seconds since the epoch, if it said so."""

    def is_about(self, sent: Header) -> bool:
        """Say whether it answers this message. A NAK names none.

        The ACK of an encrypted message is encrypted: one in clear, anybody may have written.
        """
        if self.answer is Answer.NAK:
            return True
        about = self.header
        is_same = (about.sequence, about.account_id) == (sent.sequence, sent.account_id)
        return is_same and (self.answer is Answer.DUH or about.is_encrypted == sent.is_encrypted)


def acknowledge(header: Header, key: bytes | None, pad: bytes, now_s: float) -> bytes:
    """Write the ACK of a message that is stored: encrypted, with our time, if the message was.

    `pad` is 16 random bytes, used in an encrypted one.
    """
    if not header.is_encrypted or key is None:
        return write_frame(Frame(header.replying(Answer.ACK), _NOTHING))
    text = write_content(Content(b"", timestamp=write_timestamp(now_s)))
    body = seal(text, key, pad)
    return write_frame(Frame(header.replying(Answer.ACK, is_encrypted=True), body))


def refuse(fault: Fault, now_s: float) -> bytes | None:
    """Write the answer to a fault. None: it gets no answer."""
    if fault.answer is Answer.NAK:
        body = write_content(Content(b"", timestamp=write_timestamp(now_s)))
        return write_frame(Frame(Header(Answer.NAK, 0, "", "0", "0"), body))
    if fault.answer is Answer.DUH and fault.header is not None:
        return write_frame(Frame(fault.header.replying(Answer.DUH), _NOTHING))
    return None


def read_reply(raw: bytes, key: bytes | None = None) -> Reply | Fault:
    """Read a receiver's answer, from LF to CR."""
    frame = read_frame(raw)
    if isinstance(frame, Fault):
        return frame
    header, body = frame.header, frame.body
    if header.id_token not in set(Answer):
        return Fault(Reason.UNKNOWN_ID, header)
    if header.is_encrypted:
        if key is None:
            return Fault(Reason.NO_KEY, header)
        body = unseal(body, key) or b""
    content = read_content(body)
    if content is None:
        reason = Reason.UNDECRYPTABLE if header.is_encrypted else Reason.BAD_DATA
        return Fault(reason, header)
    at_s = None if content.timestamp is None else read_timestamp(content.timestamp)
    return Reply(Answer(header.id_token), header, at_s)
