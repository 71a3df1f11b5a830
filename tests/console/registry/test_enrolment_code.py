"""What is scanned is the page that enrols itself, or the code alone."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from dispatch.console.registry.enrolment_code import code_to_show
from dispatch.store.enrolment import DeviceRow, Enrolment
from protocol.vocabulary import Role

CODE = "7K3M-Q9XT-2WBD"


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (Role.APP, f"https://frente.example/boton#code={CODE}"),
        (Role.PATROL, f"https://frente.example/patrulla#code={CODE}"),
        (Role.SIREN, CODE),
    ],
)
def test_the_code_is_where_no_server_hears_it(role: Role, address: str) -> None:
    row = (role, "x", None, None, None, None, None, False, Enrolment.NO_CODE)
    device = DeviceRow("d-1", *row, datetime.now(UTC), None, None)
    shown = code_to_show(device, CODE, "https://frente.example/")
    assert shown.address == address
    svg = ElementTree.fromstring(shown.qr_svg)  # noqa: S314 - made here
    assert svg.tag.endswith("svg")
    assert "style" not in shown.qr_svg, "a strict policy would not show it"
