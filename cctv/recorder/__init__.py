"""The recorder: one supervised ffmpeg per camera, from the stream to closed files that the archive takes in.

Never deletes footage, never decodes a picture, never asks a camera for its sound.
"""

from cctv.recorder.state import CameraState, Phase, RecorderState, is_running, read_state
from cctv.recorder.supervisor import Supervisor

__all__ = ["CameraState", "Phase", "RecorderState", "Supervisor", "is_running", "read_state"]
