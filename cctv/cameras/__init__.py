"""Cameras: where a camera's stream is, whether it answers, and the words for when it does not.

Never records and never keeps a picture.  A password leaves this room only on the standard input of ffmpeg,
to libav in this process, or in an ONVIF digest: never in an argument, the environment, a message or a file.
"""

from cctv.cameras.addresses import Reached, reach_camera, stream_address
from cctv.cameras.checkup import Checkup, Encrypted, check_cameras
from cctv.cameras.diagnose import diagnose
from cctv.cameras.discovery import FoundCamera, discover_cameras
from cctv.cameras.errors import (
    CameraClockSet,
    CameraClosed,
    CameraDown,
    CameraFailed,
    CameraRefused,
    CameraSilent,
    CameraUnauthorised,
    CameraUnreachable,
    CredentialMissing,
    ProfileUnknown,
    StillNotWritten,
    StreamUnknown,
)
from cctv.cameras.probe import StreamFacts, probe_camera
from cctv.cameras.still import coarse_still
from cctv.cameras.stream import PROTOCOLS, StreamAddress

__all__ = [
    "PROTOCOLS",
    "CameraClockSet",
    "CameraClosed",
    "CameraDown",
    "CameraFailed",
    "CameraRefused",
    "CameraSilent",
    "CameraUnauthorised",
    "CameraUnreachable",
    "Checkup",
    "CredentialMissing",
    "Encrypted",
    "FoundCamera",
    "ProfileUnknown",
    "Reached",
    "StillNotWritten",
    "StreamAddress",
    "StreamFacts",
    "StreamUnknown",
    "check_cameras",
    "coarse_still",
    "diagnose",
    "discover_cameras",
    "probe_camera",
    "reach_camera",
    "stream_address",
]
