"""Registers: what the controller keeps and shows, as table, CSV, JSON and page to print.

Owns their columns, their words and their look.  Every row comes from the act that made it; the two registers of
processing are made from the live cameras.toml, with what is missing named.
"""
