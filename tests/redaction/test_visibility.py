"""The window of masks: as a union of each window, quicker."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cctv.redaction.render.visibility import temporal_dilate


@given(st.lists(st.integers(0, 63), max_size=14), st.integers(0, 5))
def test_each_mask_holds_what_is_near_it_in_time(rows, hold):
    masks = [np.unpackbits(np.uint8([[row]]), axis=1).view(np.bool_) for row in rows]
    before = [mask.copy() for mask in masks]

    found = [mask.copy() for mask in temporal_dilate(masks, hold)]

    wanted = [np.any(masks[max(0, n - hold) : n + hold + 1], axis=0) for n in range(len(masks))]
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(masks, before, strict=True))
