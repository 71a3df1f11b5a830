"""The tables against what the standards' own tables say, and what a code in no table becomes."""

import re
from pathlib import Path

import pytest
from siadc09 import dc03, dc05

from protocol.sia_dc09 import codes
from protocol.sia_dc09.codes import (
    CONTACT_ID_CODES,
    FAULT,
    FIRE,
    INTRUSION,
    LOW_BATTERY,
    MAINS_LOST,
    MEDICAL,
    PANIC,
    SIA_CODES,
    SILENT,
    TAMPER,
    UNKNOWN,
    UNKNOWN_ALARM,
    Meaning,
    Sense,
    contact_id_meaning,
    restored,
    sia_meaning,
)
from protocol.vocabulary import Kind

SIA_TOLD = {
    "PA": PANIC,
    "PR": restored(PANIC),
    "PH": restored(PANIC),
    "HA": SILENT,
    "HR": restored(SILENT),
    "FA": FIRE,
    "FR": restored(FIRE),
    "MA": MEDICAL,
    "MR": restored(MEDICAL),
    "QA": MEDICAL,
    "QR": restored(MEDICAL),
    "BA": INTRUSION,
    "BV": INTRUSION,
    "BC": Meaning(Sense.CALL_CANCELLED),
    "RP": Meaning(Sense.ALIVE),
    "RX": Meaning(Sense.CALL, Kind.TEST),
    "XT": LOW_BATTERY,
    "XR": restored(LOW_BATTERY),
    "YT": LOW_BATTERY,
    "AT": MAINS_LOST,
    "AR": restored(MAINS_LOST),
    "TA": TAMPER,
    "TR": restored(TAMPER),
    "PT": FAULT,
    "PJ": restored(FAULT),
    "CL": Meaning(Sense.REPORT),
    "OP": Meaning(Sense.REPORT),
}
CONTACT_ID_TOLD = {
    "1100": MEDICAL,
    "1101": MEDICAL,
    "1103": MEDICAL,
    "1110": FIRE,
    "1115": FIRE,
    "1120": PANIC,
    "3120": restored(PANIC),
    "6120": PANIC,
    "1121": SILENT,
    "1122": SILENT,
    "1123": PANIC,
    "1124": SILENT,
    "1125": SILENT,
    "1129": PANIC,
    "1130": INTRUSION,
    "3465": restored(PANIC),
    "1406": Meaning(Sense.CALL_CANCELLED),
    "1602": Meaning(Sense.ALIVE),
    "1601": Meaning(Sense.CALL, Kind.TEST),
    "1384": LOW_BATTERY,
    "3384": restored(LOW_BATTERY),
    "1301": MAINS_LOST,
    "3301": restored(MAINS_LOST),
    "1137": TAMPER,
    "1381": FAULT,
    "1401": Meaning(Sense.REPORT),
    "3401": Meaning(Sense.REPORT),
}


@pytest.mark.parametrize(("code", "meaning"), SIA_TOLD.items())
def test_what_sia_codes_mean(code: str, meaning: Meaning) -> None:
    assert sia_meaning(code) == meaning


@pytest.mark.parametrize(("code", "meaning"), CONTACT_ID_TOLD.items())
def test_what_contact_id_codes_mean(code: str, meaning: Meaning) -> None:
    assert contact_id_meaning(code[:1], code[1:]) == meaning


def test_every_sia_code_of_the_standard_is_known_and_no_other_is_listed() -> None:
    assert [code for code in dc03.EVENT if not sia_meaning(code).is_known] == []
    assert set(SIA_CODES) <= set(dc03.EVENT)


def test_every_contact_id_code_of_the_standard_is_known_but_for_what_installers_assign() -> None:
    unknown = {code for code in dc05.EVENT if not contact_id_meaning("1", code).is_known}
    assert {code[0] for code in unknown} == {"7"}
    assert set(CONTACT_ID_CODES) <= set(dc05.EVENT)


def test_whatever_the_standard_calls_an_alarm_or_a_panic_calls_somebody() -> None:
    # By the names of the standard's own table, so that no row is forgotten.
    alarms = {
        code: row["name"]
        for code, row in dc03.EVENT.items()
        if re.search(r"^(?!Tamper|Water|Freeze|Door Left).*\bAlarm\b", row["name"])
        and not re.search(r"Restore|Silenced|Substitution|From Alarm|from Alarm", row["name"])
    }
    assert len(alarms) > 15
    deaf = {code: alarms[code] for code in alarms if sia_meaning(code).sense is not Sense.CALL}
    assert deaf == {}
    panics = [code for code in dc05.EVENT if code.startswith(("10", "11", "12", "13"))]
    silent = [code for code in panics if contact_id_meaning("1", code).sense is not Sense.CALL]
    assert silent == ["137"]  # a tamper switch


def test_every_restore_of_the_standard_calls_nobody() -> None:
    for code, row in dc03.EVENT.items():
        if re.search(r"Restor", row["name"]):
            sense = sia_meaning(code).sense
            assert sense in (Sense.CALL_RESTORED, Sense.TROUBLE_RESTORED, Sense.REPORT), code


@pytest.mark.parametrize("code", ["NP", "ZZ", "?!", "", "P", "PAA", "AAA"])
def test_a_sia_code_that_nobody_knows(code: str) -> None:
    assert sia_meaning(code) == UNKNOWN


@pytest.mark.parametrize("code", ["VA", "1A", "ÑA"])
def test_a_sia_code_that_looks_like_an_alarm_brings_a_patrol_and_sounds_nothing(code: str) -> None:
    meaning = sia_meaning(code)
    assert meaning == UNKNOWN_ALARM
    assert (meaning.sense, meaning.kind, meaning.is_known) == (Sense.CALL, Kind.SILENT, False)


def test_contact_id_codes_that_nobody_knows() -> None:
    assert contact_id_meaning("1", "127") == UNKNOWN_ALARM
    assert contact_id_meaning("3", "127") == restored(UNKNOWN_ALARM)
    assert contact_id_meaning("1", "750") == UNKNOWN
    assert contact_id_meaning("1", "A20") == UNKNOWN
    assert contact_id_meaning("1", "399") == FAULT


def test_an_unknown_qualifier_still_calls() -> None:
    meaning = contact_id_meaning("0", "120")
    assert (meaning.sense, meaning.kind, meaning.is_known) == (Sense.CALL, Kind.PANIC, False)


def test_no_code_stands_in_two_rows() -> None:
    source = Path(codes.__file__).read_text(encoding="utf-8")
    for name in ("SIA_CODES", "CONTACT_ID_CODES"):
        rows = source.split(f"{name}: Final = _table(")[1].split("\n)\n")[0]
        listed = " ".join(re.findall(r'"([A-Z0-9 ]+)"', rows)).split()
        assert sorted(listed) == sorted(set(listed))
        assert set(listed) == set(getattr(codes, name))
