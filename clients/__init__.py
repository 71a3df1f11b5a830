"""The client SDK (trio) for apps, buttons, sirens, patrols and control rooms.

from clients.app import App             # press, follow the receipts, cancel
from clients.button import Button       # the same, without a screen or a position
from clients.button.datagram import DatagramButton   # for hardware, behind a gateway
from clients.patrol import Patrol       # see alerts, accept, arrive, silence, close
from clients.operator import Operator   # watch every alert, silence, close
from clients.siren import Siren         # sound when told to
from link.enrolment import enrol, load
"""
