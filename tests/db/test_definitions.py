"""The schema that `cctv audit verify` compares a database with is the one that the migrations make."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from sqlalchemy import create_engine

from cctv.db.engine import read_transaction
from cctv.db.migrate import DEFINITIONS, schema_objects


def test_the_definitions_are_those_that_the_migrations_make(site, pytestconfig):
    """A new migration: `.venv/bin/pytest tests/db/test_definitions.py --update-snapshots`."""
    with read_transaction(create_engine(f"sqlite:///{site.root}/cctv.db")) as connection:
        made = schema_objects(connection)
    path = Path(str(files("cctv.db") / DEFINITIONS))
    if pytestconfig.getoption("--update-snapshots"):
        path.write_text(json.dumps(made, indent=1) + "\n")

    assert json.loads(path.read_text()) == made
