"""Errors of a camera that gives no picture: one class per kind, each with the cause of the gap that it makes.

`address` is shown without credentials, also those that a device writes into the address that it tells; `detail` has
passed `without_secrets`.
"""

from __future__ import annotations

from typing import ClassVar

from cctv.core.errors import CctvError, Exit
from cctv.core.text import without_secrets
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId


class CameraDown(CctvError):
    """{camera} gives no picture: {detail}.

    next: cctv cameras check {camera}
    """

    exit_code = Exit.CAMERA_DOWN
    cause: ClassVar[GapCause] = GapCause.UNREACHABLE

    def __init__(self, **fields: object) -> None:
        if "address" in fields:
            fields["address"] = without_secrets(str(fields["address"]))
        super().__init__(**fields)


class CameraFailed(CameraDown):
    """{camera} gives no picture: {detail}.

    next: cctv cameras check {camera}
    """


class CameraUnreachable(CameraDown):
    """{camera} cannot be reached at {address}: {detail}.

    next: check its power, its cable and the address in cameras.toml, then `cctv cameras check {camera}`.
    """


class CameraClosed(CameraDown):
    """{camera} ended the stream {address} without a word.

    next: wait, the recorder tries again; if it lasts, `cctv cameras check {camera}`.
    """


class CameraRefused(CameraDown):
    """{camera} refuses connections at {address}.

    next: check that RTSP is on and which port it has in the camera's own settings, then `cctv cameras check {camera}`.
    """

    cause = GapCause.REFUSED


class StreamUnknown(CameraDown):
    """{camera} answers, but knows no stream {address}.

    next: correct `rtsp` in cameras.toml, or name the camera by `onvif` so that it tells its address itself.
    """

    cause = GapCause.REFUSED


class CameraUnauthorised(CameraDown):
    """{camera} refuses the user name or password for {address}.

    next: correct the credential {credential} in the credentials file, then `cctv cameras check {camera}`.
    """

    cause = GapCause.UNAUTHORISED


class ClockRefused(CameraDown):
    """{camera} refuses the date of the sign-in at {address}: its clock is wrong ({offset}).

    next: set its clock, best by the site's NTP server, then `cctv cameras check {camera}`; the password may be right.
    """

    cause = GapCause.UNAUTHORISED


class BasicRefused(CameraDown):
    """{camera} asks for the password in clear text (Basic) at {address}; it was not sent.

    next: turn on Digest (or "digest only") in the camera's own settings, or use `rtsps://`; `allow_basic = true` in
    cameras.toml sends it all the same.
    """

    cause = GapCause.UNAUTHORISED


class CameraRedirected(CameraDown):
    """{camera} sends the recorder from {address} on to {target}: not followed, the password is not for others.

    next: if its stream is there now, write that address as `rtsp` in cameras.toml.
    """

    cause = GapCause.REFUSED


class CameraBusy(CameraDown):
    """{camera} has as many viewers as it can serve at {address} (453).

    next: end another program that looks at it, or choose a `profile` with a smaller picture.
    """

    cause = GapCause.REFUSED


class TransportRefused(CameraDown):
    """{camera} does not send its stream {address} over {transport} (461).

    next: write `transport = "{other}"` for it in cameras.toml.
    """

    cause = GapCause.REFUSED


class CameraOversized(CameraDown):
    """{camera} sends more than a camera needs to: {detail}. The connection was ended.

    next: restart the camera; if it goes on, somebody else may answer at its address.
    """


class CodecUnsupported(CameraDown):
    """{camera} sends {codec} at {address}: only H.264 and H.265 are recorded.

    next: set the video encoding of that stream to H.264 (or H.265) in the camera's own settings, or name another stream
    of the camera by `rtsp` or `profile` in cameras.toml, then `cctv cameras check {camera}`.
    """

    cause = GapCause.REFUSED


class CameraSilent(CameraDown):
    """{camera} accepts a connection at {address} but sends no picture within {seconds} seconds.

    next: restart the camera if that lasts; `cctv cameras check {camera}` tries again.
    """

    cause = GapCause.STALLED


class CameraClockSet(CameraDown):
    """{camera} counts the times of its pictures anew: its clock was set.

    next: nothing, recording goes on in a new run; if it happens often, give the camera the site's NTP server.
    """

    cause = GapCause.CLOCK_STEP


class KeyPictureMissing(CameraDown):
    """{camera} sent no key picture for {seconds} s, or its times stand still: its segment could not be closed.

    next: nothing, it is asked anew; if it happens often, set its key frame interval (GOP) to one or two seconds.
    """

    cause = GapCause.STALLED


class ProfileUnknown(CameraDown):
    """{camera} has no ONVIF profile {profile} with H.264 or H.265. It has: {known}.

    next: write one of those as `profile` in cameras.toml, or leave `profile` out for the largest picture.
    """

    cause = GapCause.REFUSED


class CredentialMissing(CameraDown):
    """{camera} names the credential {credential}, which the credentials do not hold.

    next: add [{credential}] with username and password to the credentials file.
    """

    exit_code = Exit.CONFIG
    cause = GapCause.UNAUTHORISED


class StillNotWritten(CctvError):
    """The picture cannot be written to {path}: {reason}.

    next: give --output a file in a folder that exists and that this account may write to.
    """


# libavcodec's names, and those of session descriptions (RFC 3551 and the payload formats' own) in small letters.
_RECORDABLE = frozenset({"h264", "hevc", "h265"})
_CODEC_LABELS = {
    "mpeg4": "MPEG-4 part 2",
    "mp4v-es": "MPEG-4 part 2",
    "mjpeg": "MJPEG",
    "jpeg": "MJPEG",
    "av1": "AV1",
    "vp8": "VP8",
    "vp9": "VP9",
    "vvc": "H.266",
    "h266": "H.266",
    "h263": "H.263",
    "h263-1998": "H.263",
    "mpeg2video": "MPEG-2",
    "mpv": "MPEG-2",
    "unknown": "an unknown codec",
}


def require_recordable(camera: CameraId, address: str, codec: str) -> None:
    """Raises CodecUnsupported for a codec by another name than those of H.264 and H.265.  Pure."""
    name = codec.lower()
    if name not in _RECORDABLE:
        raise CodecUnsupported(camera=camera, address=address, codec=_CODEC_LABELS.get(name, codec))
