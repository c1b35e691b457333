"""What is hidden for a region: its box for a body, itself for a line."""

from __future__ import annotations

import cv2
import numpy as np

from cctv.redaction.tracking.foreground import connected_components, covered


def test_a_body_is_hidden_to_its_box_and_a_slanting_tape_to_itself():
    body, tape = np.zeros((100, 160), np.uint8), np.zeros((100, 160), np.uint8)
    cv2.ellipse(body, (30, 50), (8, 25), 0, 0, 360, 1, 3)  # only the outline of somebody dressed like the ground
    cv2.line(tape, (80, 20), (150, 80), 1, 2)

    both = body | tape
    hidden = covered(both.view(np.bool_), connected_components(both)[1][1:])

    assert hidden[25:75, 22:38].all()
    assert hidden[tape > 0].all()
    assert hidden[:, 60:].mean() < 0.1


def test_somebody_who_stands_at_a_tape_is_hidden_to_his_box():
    both = np.zeros((200, 300), np.uint8)
    cv2.ellipse(both, (100, 110), (8, 22), 0, 0, 360, 1, 3)
    cv2.line(both, (20, 40), (250, 190), 1, 3)

    regions = connected_components(both)[1][1:]
    hidden = covered(both.view(np.bool_), regions)

    assert len(regions) == 1
    assert hidden[88:133, 92:109].all()
    assert hidden.mean() < 0.1
