"""Nobody outside is waited for inside a transaction."""

import pytest

from cctv.db.engine import read_transaction, require_no_transaction, write_transaction


@pytest.mark.parametrize("transaction", [read_transaction, write_transaction])
def test_a_wait_inside_a_transaction_is_a_defect_that_shows(site, transaction):
    engine = site.open().engine
    require_no_transaction()

    with transaction(engine), pytest.raises(AssertionError, match="waited for"):
        require_no_transaction()

    with pytest.raises(ZeroDivisionError), transaction(engine):
        raise ZeroDivisionError
    require_no_transaction()
