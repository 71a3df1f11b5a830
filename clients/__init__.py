"""The client SDK: what apps, buttons, patrols and control rooms speak to Cuadrante with (trio).

from clients.app import App             # press, follow the receipts, cancel
from clients.button import Button       # the same, without a screen or a position
from clients.button.datagram import DatagramButton   # for hardware, behind a gateway
from clients.patrol import Patrol       # see alerts, accept, arrive, close
from clients.operator import Operator   # watch every alert, close
from link.enrolment import enrol, load
"""
