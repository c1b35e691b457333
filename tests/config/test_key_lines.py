"""Where a key was written."""

import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cctv.config.loader import find_duplicate_key, key_lines
from cctv.config.schema import SettingSource

TEXT = '''\
title = "x" # [not.a.section]

[site]
name = """
storage = "inside a string"
[zones.fake]
"""
"quoted key" = 'a # b'

[cameras."gevel-1"]   # comment
masks = [
  [[0, 0], [100, 0]],   # ]
]
zone.name = "x"
[[list]]
a = 1
[[list]]
a = 2
'''


def test_headers_and_keys_are_found_and_strings_are_not():
    lines = key_lines(TEXT)
    assert lines == {
        ("title",): 1,
        ("site",): 3,
        ("site", "name"): 4,
        ("site", "quoted key"): 8,
        ("cameras", "gevel-1"): 10,
        ("cameras", "gevel-1", "masks"): 11,
        ("cameras", "gevel-1", "zone", "name"): 14,
        ("list",): 15,
        ("list", "a"): 16,
    }


def test_a_key_that_was_not_found_falls_back_to_what_is_around_it():
    source = SettingSource(Path("cameras.toml"), key_lines(TEXT), frozenset())
    assert source.line(("cameras", "gevel-1", "masks", 0, 1)) == 11
    assert source.line(("cameras", "gevel-1", "purpose")) == 10
    assert source.line(("policy", "two_person")) is None


def test_the_second_of_two_is_found():
    pair = find_duplicate_key("[a.b]\nx = 1\n[a.c]\nx = 2\n[a.b]\n")
    assert pair is not None
    assert (pair[0].line, pair[1].line) == (1, 5)
    assert find_duplicate_key("[a]\nx = 1\n[b]\nx = 1\n") is None


KEY = st.text("abcdefgh-_", min_size=1, max_size=4)
VALUE = st.sampled_from(['"a"', "1", "[1, 2]", "[\n [1],\n 2]", '"""\n[x.y]\nz = 1\n"""', "'#['", "true # [c]"])


@given(st.dictionaries(KEY, st.dictionaries(KEY, VALUE, max_size=4), max_size=4))
def test_every_key_that_tomllib_reads_has_the_line_that_starts_with_it(tables):
    text = "".join(
        f"[t.{name}]\n" + "".join(f"{k} = {v}\n" for k, v in table.items()) for name, table in tables.items()
    )
    lines, rows = key_lines(text), text.split("\n")
    for name, table in tomllib.loads(text).get("t", {}).items():
        assert rows[lines["t", name] - 1] == f"[t.{name}]"
        for key in table:
            assert rows[lines["t", name, key] - 1].startswith(f"{key} =")
