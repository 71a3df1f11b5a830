from dispatch.gateway.contacts import Contacts
from protocol.limits import SEEN_PER_FRAME_MAX
from protocol.messages import Contact, Seen


def test_each_device_is_told_once_with_the_newest_of_what_it_said() -> None:
    contacts = Contacts()
    contacts.note("wall-1", 80)
    contacts.note("panel-1", tested=True)
    contacts.note("wall-1", 79)
    contacts.note("panel-1")
    contacts.note("wall-1")
    assert list(contacts.frames()) == [
        Contact(seen=(Seen("wall-1", 79), Seen("panel-1", tested=True)))
    ]
    assert not len(contacts)
    assert list(contacts.frames()) == []


def test_many_take_several_frames() -> None:
    contacts = Contacts()
    for number in range(SEEN_PER_FRAME_MAX + 1):
        contacts.note(f"panel-{number}")
    sizes = [len(frame.seen) for frame in contacts.frames()]
    assert sizes == [SEEN_PER_FRAME_MAX, 1]
