"""What is shown of a device is what is known of it, also when its registry entry is gone."""

import pytest

from dispatch.core.kit import OpenTrouble, Watched
from dispatch.core.kit_view import device_view, trouble_view
from dispatch.core.words import MENDED, TROUBLE, trouble_text
from protocol.codec import encode
from protocol.limits import NAME_CHARS
from protocol.vocabulary import Role, TroubleKind
from tests.core.town import Town

OPENED = OpenTrouble("t1", 5_000)


def test_a_trouble_names_the_device_its_front_and_what_is_known():
    town = Town()
    watched = Watched("siren", Role.SIREN, 0.0, seen_ms=4_000, battery_percent=80)
    shown = trouble_view(town.city, watched, TroubleKind.TAMPER, OPENED, closed_at_ms=9_000)
    assert (shown.device, shown.front_id, shown.front) == ("Sirena", "frente-1", "Frente El Prado")
    assert (shown.opened_at_ms, shown.closed_at_ms) == (5_000, 9_000)
    assert (shown.last_seen_ms, shown.battery_percent) == (4_000, 80)
    assert shown.text.es == "Sirena (Frente El Prado) está cerrado otra vez."


def test_what_was_removed_has_its_id_for_a_name():
    watched = Watched("old", Role.BUTTON, 0.0, seen_ms=1)
    shown = trouble_view(Town().city, watched, TroubleKind.MISSING, OPENED)
    assert (shown.device, shown.front_id, shown.text.en) == ("old", None, "old is not heard from.")


def test_when_the_next_test_is_due_is_told_by_the_wall_clock():
    town = Town()
    watched = Watched("wall", Role.BUTTON, 0.0, tested_ms=7, test_due_s=town.mono_s + 60)
    shown = device_view(town.city, watched, town.now)
    assert (shown.tested_ms, shown.test_due_ms) == (7, town.now.wall_ms + 60_000)
    watched.test_due_s = None
    assert device_view(town.city, watched, town.now).test_due_ms is None


def test_of_a_device_all_open_troubles_are_told_and_the_one_just_closed():
    town = Town()
    watched = Watched("siren", Role.SIREN, 0.0, troubles={TroubleKind.TAMPER: OPENED})
    closed = trouble_view(
        town.city, watched, TroubleKind.FAULT, OpenTrouble("t2", 1), closed_at_ms=2
    )
    shown = device_view(town.city, watched, town.now, closed)
    assert [each.trouble_id for each in shown.troubles] == ["t1", "t2"]


@pytest.mark.parametrize("kind", TroubleKind)
def test_everything_that_can_be_wrong_has_its_words_and_fits_a_frame(kind: TroubleKind):
    assert kind in TROUBLE
    assert kind in MENDED
    text = trouble_text(kind, "é" * NAME_CHARS, "é" * NAME_CHARS, is_over=False)
    town = Town()
    shown = trouble_view(town.city, Watched("siren", Role.SIREN, 0.0), kind, OPENED)
    assert text.es != text.en
    encode(shown)
