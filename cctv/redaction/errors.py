"""Errors of the redaction engine: one class, one message, one exit code.

The docstring of a class is its message.
"""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit, UsageError


class KeepRefused(UsageError):
    """{path}: {where}: {problem}. Allowed: {allowed}.

    next: {following}
    """


class InputMissing(UsageError):
    """{path} is not a file that can be read: {problem}.

    next: check the spelling of INPUT and that your account may read it.
    """


class OutputRefused(UsageError):
    """{path} cannot be written: {problem}.

    next: {following}
    """


class InsideStorage(CctvError):
    """{path} lies in the storage of a site ({marker}); recorded footage leaves only through
    an access request or a disclosure.

    next: cctv request open, then cctv redaction prepare with its reference.
    """

    exit_code = Exit.NOT_PERMITTED


class SourceUnreadable(CctvError):
    """{path} cannot be redacted: {problem}. Nothing was written.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


class MemoryShort(CctvError):
    """{path} cannot be redacted: pictures of {size} need about {needed} MB of memory, {free} MB are free.  Nothing was
    written.

    next: end other programs, or redact it on a machine with more memory; a picture larger than its camera's is
    damaged or made to do harm.
    """

    exit_code = Exit.UNREADABLE


class SceneLost(CctvError):
    """{path} was not redacted: from {start} s to {end} s after its beginning the picture fits no empty scene of its
    camera (it was turned, covered or shaken, or the light was another), so whoever is kept there would be hidden.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


class RenderFailed(CctvError):
    """The redacted video {path} could not be written: {problem}. Nothing was left behind.

    next: check the free space and the rights of the folder, then run the command again.
    """


class VerifyFailed(CctvError):
    """The redacted video {path} did not pass its check and was removed: {problem}.

    next: run the command again; if it fails again, keep INPUT and report this message.
    """

    exit_code = Exit.UNREADABLE


class PersonShown(CctvError):
    """The redacted video {path} was removed: {problem}.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


class WeightsMissing(CctvError):
    """The weights of the detector of people cannot be read: {path}: {problem}.

    next: install cctv again (docs/installing.md); in a checkout: ./scripts/weights
    """

    exit_code = Exit.UNREADABLE


class WeightsDiffer(CctvError):
    """{path} is not the file of weights that this version was measured with: its SHA-256 is {found}, expected
    {expected}.

    next: install cctv again (docs/installing.md); in a checkout: ./scripts/weights
    """

    exit_code = Exit.UNREADABLE


class ModelRefused(CctvError):
    """{path} cannot be used as the detector of people: {problem}.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


class PeopleSearchFailed(CctvError):
    """The search for people in a picture failed ({path}: {problem}).  Nothing was made of what was not searched.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


class DetectorBlind(CctvError):
    """The detector of people ({model}) found nobody in {frames} frames of {path} in which something as large as a
    person moves.  Nothing was made of what it searched.

    next: {following}
    """

    exit_code = Exit.UNREADABLE
