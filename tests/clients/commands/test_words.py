import time

import msgspec
import pytest
from msgspec.structs import replace

from clients.commands import words
from protocol.messages import LateStage, PictureView, Report, SirenView
from protocol.vocabulary import AlertState, FoundBy, Kind, Outcome, SirenState, Urgency, Verdict
from tests.clients.samples import PLACE, SENDER, alert, an_id, owner


@pytest.mark.parametrize(
    ("table", "vocabulary"),
    [
        (words.KIND, Kind),
        (words.STATE, AlertState),
        (words.URGENCY, Urgency),
        (words.OUTCOME, Outcome),
        (words.FOUND_BY, FoundBy),
        (words.SIREN, SirenState),
    ],
)
def test_every_word_of_the_wire_can_be_said(
    table: dict[object, object], vocabulary: type[Kind]
) -> None:
    assert set(table) == set(vocabulary)


def test_the_headline_says_who_comes_and_when() -> None:
    accepted = alert(version=2, state=AlertState.ACCEPTED, owned_by=owner(eta_s=240))
    line = words.headline(accepted)
    assert line.es == "PÁNICO, aceptada, patrulla 43-A en 4 min, urgencia normal, v2"
    assert line.en == "PANIC, accepted, patrol 4 min, normal, v2"


def test_the_headline_says_that_the_patrol_is_late() -> None:
    late = msgspec.structs.replace(owner(eta_s=None), arrival_overdue=True)
    line = words.headline(alert(state=AlertState.ACCEPTED, owned_by=late))
    assert "patrulla 43-A, demorada" in line.es


def test_a_patrol_that_is_there_needs_no_time_of_arrival() -> None:
    there = alert(state=AlertState.ON_SCENE, owned_by=owner(eta_s=240))
    assert "patrulla 43-A, urgencia" in words.headline(there).es


def test_a_person_without_a_telephone_has_none_shown() -> None:
    silent = msgspec.structs.replace(SENDER, phone="")
    said = words.details(msgspec.structs.replace(alert(), sender=silent))
    assert said[2].es == "Llama Ana"


def test_the_details_say_where_who_and_what_is_around() -> None:
    said = "\n".join(line.es for line in words.details(alert()))
    for word in (
        "Calle 1 # 2-3; 10.40000, -75.50000; ±12 m; hace 3 s; dentro del cuadrante; "
        "a 35 m del borde; si no, MECAR002",
        "El Centro 1 (MECAR001), estación Centro, CAI CAI Centro, tel. 3000000001",
        "Llama Ana, tel. 3000000002",
        "Frente Los Pinos (Manga): 1 sirena(s), 4 cámara(s), 1 botón(es)",
    ):
        assert word in said


def test_what_is_not_known_is_not_made_up() -> None:
    nowhere = msgspec.structs.replace(
        PLACE,
        lat=None,
        lon=None,
        accuracy_m=None,
        age_s=None,
        address="",
        found_by=FoundBy.NONE,
        border_m=None,
        runner_up=None,
    )
    bare = msgspec.structs.replace(alert(), place=nowhere, quadrant=None, front=None)
    assert [line.es for line in words.details(bare)] == [
        "Lugar: lugar desconocido",
        "Sin cuadrante: la sala de control decide.",
        "Llama Ana, tel. 3000000002",
    ]


def test_a_floor_of_the_distance_to_the_border_is_called_one() -> None:
    roughly = msgspec.structs.replace(PLACE, border_exact=False)
    said = words.details(msgspec.structs.replace(alert(), place=roughly))[0]
    assert "≥ 35 m" in said.es


def test_a_doubtful_sender_and_the_others_who_pressed_are_shown() -> None:
    doubtful = msgspec.structs.replace(SENDER, doubtful=True, false_alarms=4)
    other = Report(an_id(2), Verdict.CORROBORATION, Kind.FIRE, SENDER, PLACE, 0)
    said = words.details(msgspec.structs.replace(alert(), sender=doubtful, reports=(other,)))
    assert "4 falsas alarmas antes" in said[2].es
    assert said[-1].es.startswith("También Ana, tel. 3000000002: INCENDIO. Lugar: Calle 1")


def test_warnings_tell_what_was_late_and_that_a_cancel_may_be_duress() -> None:
    late = LateStage("accepted", 12_500, 10_000)
    troubled = msgspec.structs.replace(alert(), late=(late,), cancel_requested_at_ms=1)
    said = [line.es for line in words.warnings(troubled)]
    assert said[0] == "Tarde: «accepted» tomó 12.5 s (meta 10.0 s)"
    assert "puede ser bajo amenaza" in said[1]
    assert words.warnings(alert()) == []
    over = msgspec.structs.replace(troubled, late=(), outcome=Outcome.REAL)
    assert words.warnings(over) == []


def test_what_the_kit_does_and_saw_is_said() -> None:
    at_ms = 1_760_000_000_000
    until = time.strftime("%H:%M:%S", time.localtime(at_ms / 1000))
    sirens = (
        SirenView("s-1", "Portería", SirenState.SOUNDING, at_ms),
        SirenView("s-2", "Parque", SirenState.UNREACHABLE, None),
    )
    picture = PictureView("p-1", "c-1", "Esquina", at_ms, "/v1/pictures/p-1.jpg")
    lines = words.of_kit(replace(alert(), sirens=sirens, pictures=(picture, picture)))
    assert [line.es for line in lines] == [
        f"Portería: SUENA hasta las {until}",
        "Parque: no responde",
        f"2 imagen(es): Esquina {until}, Esquina {until}",
    ]
    assert words.of_kit(alert()) == []
