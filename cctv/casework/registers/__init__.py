"""Registers: what the controller keeps and shows, as table, CSV, JSON and page to print.

Owns their columns, their words and their look.  Every row comes from the act that made it; the two registers of
processing are made from the live cameras.toml, with what is missing named.
"""

from cctv.casework.registers.addressees import Reached, everybody, policy_since
from cctv.casework.registers.contents import made_register, make_register
from cctv.casework.registers.page import page_of
from cctv.casework.registers.register import Register, RegisterName, as_csv
from cctv.casework.registers.signs import Sign, signs

__all__ = [
    "Reached",
    "Register",
    "RegisterName",
    "Sign",
    "as_csv",
    "everybody",
    "made_register",
    "make_register",
    "page_of",
    "policy_since",
    "signs",
]
