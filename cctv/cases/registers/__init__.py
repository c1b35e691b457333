"""Registers that the controller keeps, as table, CSV, JSON and page to print."""
