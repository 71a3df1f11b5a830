"""What the codes of alarm panels mean to us: SIA (DC-03) and Contact ID (DC-05).

A code that stands in no table is still read by its place in the code's own order. If that says
*alarm*, it becomes a silent call for help: a patrol goes and looks, and nothing sounds on the spot.
A patrol sent for nothing is a nuisance; nobody sent may cost a life; and a siren over a hold-up,
which such a code might be, may cost one too. `is_known` says that it was so, for the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from protocol.vocabulary import Kind


class Sense(StrEnum):
    """What an event asks of its receiver."""

    CALL = "call"
    """Help is wanted; `kind` says for what."""
    CALL_RESTORED = "call_restored"
    """What called is as before: a button let go, a door shut. It does not end the emergency."""
    CALL_CANCELLED = "call_cancelled"
    """Somebody with a code takes the call back: to be shown, for it may be under duress."""
    TROUBLE = "trouble"
    """Something of the kit does not work; `trouble` says what."""
    TROUBLE_RESTORED = "trouble_restored"
    """It works again."""
    ALIVE = "alive"
    """A test report of the panel's own: proof of life, for nobody to look at."""
    REPORT = "report"
    """A thing to record: armed, bypassed, programmed …"""
    UNKNOWN = "unknown"
    """No alarm as far as can be told: to be recorded, and looked up by whoever set the panel up."""


class PanelTrouble(StrEnum):
    """What does not work."""

    LOW_BATTERY = "low_battery"
    MAINS_LOST = "mains_lost"
    TAMPER = "tamper"
    FAULT = "fault"
    """Anything else; the code says what."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code means to us."""

    sense: Sense
    kind: Kind | None = None
    """Of calls, and of what restores or cancels one where that is known."""
    trouble: PanelTrouble | None = None
    is_known: bool = True
    """Whether the code itself is in the table, not only its like."""


# --- the rows that both tables are made of --------------------------------------------------------

PANIC: Final = Meaning(Sense.CALL, Kind.PANIC)
SILENT: Final = Meaning(Sense.CALL, Kind.SILENT)
MEDICAL: Final = Meaning(Sense.CALL, Kind.MEDICAL)
FIRE: Final = Meaning(Sense.CALL, Kind.FIRE)
INTRUSION: Final = Meaning(Sense.CALL, Kind.INTRUSION)
DRILL: Final = Meaning(Sense.CALL, Kind.TEST)
CANCELLED: Final = Meaning(Sense.CALL_CANCELLED)
LOW_BATTERY: Final = Meaning(Sense.TROUBLE, trouble=PanelTrouble.LOW_BATTERY)
MAINS_LOST: Final = Meaning(Sense.TROUBLE, trouble=PanelTrouble.MAINS_LOST)
TAMPER: Final = Meaning(Sense.TROUBLE, trouble=PanelTrouble.TAMPER)
FAULT: Final = Meaning(Sense.TROUBLE, trouble=PanelTrouble.FAULT)
ALIVE: Final = Meaning(Sense.ALIVE)
REPORT: Final = Meaning(Sense.REPORT)

UNKNOWN_ALARM: Final = replace(SILENT, is_known=False)
UNKNOWN_TROUBLE: Final = replace(FAULT, is_known=False)
UNKNOWN: Final = Meaning(Sense.UNKNOWN, is_known=False)

_RESTORED: Final = MappingProxyType(
    {Sense.CALL: Sense.CALL_RESTORED, Sense.TROUBLE: Sense.TROUBLE_RESTORED}
)


def restored(meaning: Meaning) -> Meaning:
    """Return what it means that a condition is over. What is no condition stays what it is."""
    return replace(meaning, sense=_RESTORED.get(meaning.sense, meaning.sense))


def _table(rows: Mapping[Meaning, str]) -> Mapping[str, Meaning]:
    return MappingProxyType(
        {code: meaning for meaning, codes in rows.items() for code in codes.split()}
    )


# --- SIA: two letters -----------------------------------------------------------------------------

SIA_ZONES: Final = MappingProxyType(
    # The first letter, where the second follows the order below.
    {
        "P": PANIC,
        "H": SILENT,  # hold-up, and duress at a keypad
        "M": MEDICAL,
        "Q": MEDICAL,  # emergency, as elderly people's alarms say it
        "F": FIRE,
        "K": FIRE,  # heat
        "S": FIRE,  # sprinkler
        "G": FIRE,  # gas
        "B": INTRUSION,
        "U": INTRUSION,  # a zone of no type
        "T": TAMPER,
        "W": FAULT,  # water
        "Z": FAULT,  # frost
    }
)


def _sia_zone(first: Meaning, second: str) -> Meaning | None:
    """Apply the order of second letters that all kinds of zones share."""
    match second:
        case "A" | "G" | "M" | "V":  # alarm; unverified, of two zones, verified
            return first
        case "R" | "H":  # back to normal; the alarm is over
            return restored(first)
        case "C":
            return CANCELLED
        case "T" | "S":  # the zone itself does not work, or its supervision says so
            return FAULT
        case "J":
            return restored(FAULT)
        case "B" | "U":  # bypassed, and no more
            return REPORT
        case "X":  # set off in test mode
            return ALIVE
    return None


SIA_CODES: Final = _table(
    # Whatever does not follow that order.
    {
        SILENT: "UX",  # an alarm that the panel has no code for
        INTRUSION: "DF EA CM EZ UZ XM",  # a door forced, on leaving, a detector gone while armed
        restored(INTRUSION): "DR",
        MEDICAL: "NA",  # no activity where somebody is watched over
        restored(MEDICAL): "NS",
        DRILL: "RX",  # somebody tests by hand
        CANCELLED: "OC OR",  # disarmed after an alarm
        ALIVE: "RP TX YY",
        LOW_BATTERY: "XT YT YM",
        restored(LOW_BATTERY): "XR YR",
        MAINS_LOST: "AT",
        restored(MAINS_LOST): "AR",
        TAMPER: "AA ES JA XS",
        restored(TAMPER): "EJ XJ",
        FAULT: "AS BD BZ DJ DK DM DT EM ET EX FW FY FZ IA LT NC NT OU RT UY VT XE XF XL XQ XX YA"
        " YC YD YF YI YP YS YU YW YX",
        restored(FAULT): "AN BE EN ER FQ FV IR LR NR OV VR XH YE YH YJ YK YQ YZ",
        REPORT: "AB CA CD CE CF CG CI CJ CK CL CO CP CQ CR CS CT CW CX CZ DA DB DC DD DE DG DH"
        " DI DL DN DO DP DQ DS DU DV DW DX DY DZ EE FI FK FL JD JH JK JL JO JP JR JS JT"
        " JV JX JY JZ LB LD LE LF LS LU LX MI NF NL NM OA OG OH OI OJ OK OL OP OQ OS OT"
        " OZ RA RB RC RD RN RO RR RS RU RY SC TC TE TP TS TW TZ VI VO VX VY VZ XA XI XW"
        " YB YG YN YO",
    }
)


def sia_meaning(code: str) -> Meaning:
    """Say what an SIA code of two letters means (DC-03, table A.3)."""
    known = SIA_CODES.get(code)
    if known is not None:
        return known
    first, second = code[:1], code[1:]
    zone = SIA_ZONES.get(first)
    meaning = None if zone is None else _sia_zone(zone, second)
    if meaning is not None:
        return meaning
    return UNKNOWN_ALARM if second == "A" else UNKNOWN


# --- Contact ID: three digits ---------------------------------------------------------------------

CONTACT_ID_CODES: Final = _table(
    {
        PANIC: "120 123 129 140 646",  # also: any alarm; more help is wanted
        SILENT: "121 122 124 125 126 146",  # duress, silent panic, hold-up; silent burglary
        MEDICAL: "100 101 102 103 641",
        FIRE: "110 111 112 113 114 115 116 117 118 151 162",  # also: gas, carbon monoxide
        INTRUSION: "130 131 132 133 134 135 136 138 139 374 423",
        DRILL: "601",  # somebody tests by hand
        restored(PANIC): "465",
        CANCELLED: "406",
        ALIVE: "602 603 604 607 608 611 612 613 614 615",
        LOW_BATTERY: "302 309 311 338 384",
        MAINS_LOST: "301 337 342 926",
        TAMPER: "137 144 145 316 317 341 383 461",
        FAULT: "141 142 143 147 150 152 153 154 155 156 157 158 159 161 163 168 169 922 924 927"
        " 954",
        REPORT: "305 306 313 339",  # a reset, a new program
    }
)

CONTACT_ID_CLASSES: Final = MappingProxyType(
    # The first digit, for what is not in the table.
    {
        "1": UNKNOWN_ALARM,
        "2": FAULT,  # supervision of fire equipment
        "3": FAULT,  # of the panel, its parts, its lines and its sensors
        "4": REPORT,  # armed, disarmed, access
        "5": REPORT,  # switched off, bypassed
        "6": REPORT,  # tests, logs, schedules
        "9": REPORT,  # programming, diagnostics
    }
)


def contact_id_meaning(qualifier: str, code: str) -> Meaning:
    """Say what a Contact ID code means (DC-05).

    Qualifier 3 says that it is over. 6 says that it still is, and 1 that it begins: both call, for
    the first report may have been lost, and one emergency stays one alert.
    """
    meaning = CONTACT_ID_CODES.get(code) or CONTACT_ID_CLASSES.get(code[:1], UNKNOWN)
    if qualifier == "3":
        return restored(meaning)
    return meaning if qualifier in ("1", "6") else replace(meaning, is_known=False)
