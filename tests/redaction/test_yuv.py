"""Mean and median: as numpy would find them, quicker."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cctv.redaction.video.yuv import mean, median

LEVELS = arrays(np.float32, st.integers(1, 300), elements=st.floats(-255, 255, width=32))


@given(LEVELS)
def test_means_and_medians_are_those_of_numpy_to_the_last_bit(levels):
    assert mean(levels) == np.mean(levels)
    assert median(levels) == np.median(levels)
