"""What goes wrong in the passes over a part: what pictures bring about is refused, a fault of the program is none."""

from datetime import UTC, datetime, timedelta

import cv2
import pytest

from cctv.core.time_range import Span
from cctv.model.ids import CameraId, RequestId
from cctv.redaction.review.errors import DetectorFailed
from cctv.redaction.review.plan import CasePlan
from cctv.redaction.review.render import fail_closed

START = datetime(2026, 11, 1, 13, tzinfo=UTC)
PLAN = CasePlan(RequestId("REQ-2026-001"), CameraId("foyer-1"), 2, (), Span(START, START + timedelta(minutes=1)))


def broken_at_frame_7(error):
    with fail_closed(PLAN, lambda *_: None) as watched:
        watched("regions", 7, 100)
        raise error


@pytest.mark.parametrize(
    "error", [cv2.error("no such size"), ValueError("no such shape"), ZeroDivisionError("no area")]
)
def test_what_pictures_bring_about_is_refused_with_its_frame_and_its_cause(error):
    with pytest.raises(DetectorFailed, match=r"foyer-1 part 2 .* frame 7 \(regions") as refused:
        broken_at_frame_7(error)
    assert refused.value.__cause__ is error


@pytest.mark.parametrize("error", [AttributeError("no such method"), TypeError("no number"), KeyError("track")])
def test_a_fault_of_the_program_keeps_its_type_and_says_where(error, caplog):
    with pytest.raises(type(error)) as found:
        broken_at_frame_7(error)

    assert found.value is error
    assert found.value.__notes__ == ["in foyer-1 part 2 of REQ-2026-001, regions, frame 7"]
    (record,) = caplog.records
    assert (record.msg, record.frame, record.camera, record.case) == ("part.failed", 7, "foyer-1", "REQ-2026-001")
