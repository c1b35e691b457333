"""A served storage, for all tests of this folder."""

import pytest
from serving import make_served, remove


@pytest.fixture(scope="session")
def served():
    served = make_served()
    served.start()
    yield served
    remove(served)
