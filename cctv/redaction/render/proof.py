"""The proof that rides along with a render: every packet is hashed and decoded as it leaves the encoder.

1. the render says what a frame must show (`expect`), then gives its picture to the encoder
2. each packet is hashed and decoded, in a thread beside, and what comes out is compared with its covering (`verify`)
   and shown to the second witness (`witness`)
3. the finished file is read without decoding: its packets must be those that were proved, with their times

What is proved is therefore what is in the file.  Fails closed: a packet more, less, or another, a picture that does not
come out, and any error of the thread stop the render, which leaves nothing behind.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from cctv.core.i18n import N_
from cctv.redaction.errors import VerifyFailed
from cctv.redaction.render.compositor import Composer
from cctv.redaction.render.places import Shown
from cctv.redaction.render.verify import FrameCheck, VerifyReport, VisibleClaim, check_file, mask_picture
from cctv.redaction.render.visibility import FrameDecision
from cctv.redaction.render.witness import Witness
from cctv.redaction.video.decoder import Undecodable
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.packets import Coded, PacketDecoder, StreamHeader
from cctv.redaction.video.yuv import Mask, Plane, Planes

_MAX_WAITING_PACKETS = 8  # of a picture each; with more the encoder waits for the proof


@dataclass(frozen=True, slots=True, eq=False)
class _Expected:
    """What a frame of the result must show; `covering` is None where it can be made again without the source."""

    decision: FrameDecision
    covering: Planes | None


class PacketProof:
    """Decodes the packets of one video in a thread beside the encoder, and has each picture checked in order."""

    def __init__(self, output: Path, check: Callable[[tuple[Plane, ...]], None]) -> None:
        self._output, self._check = output, check
        self._packets: queue.Queue[Coded | None] = queue.Queue(_MAX_WAITING_PACKETS)
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._abandoned = False
        self.header = StreamHeader("", b"", Size(0, 0))
        self.decoder: PacketDecoder | None = None

    def begin(self, header: StreamHeader) -> None:
        """Start; as `cctv.redaction.video.encoder.Watcher`."""
        self.header, self.decoder = header, PacketDecoder(header)
        self._thread = threading.Thread(target=self._run, args=(self.decoder,), name="proof", daemon=True)
        self._thread.start()

    def packet(self, packet: Coded) -> None:
        """Have the next packet decoded; raises what went wrong with one before it."""
        if self._failure is not None:
            raise self._failure
        self._packets.put(packet)

    def end(self) -> PacketDecoder:
        """Wait for all packets; what was decoded.  Raises VerifyFailed and whatever the check raises."""
        self._join()
        if self._failure is not None:
            raise self._failure
        if self.decoder is None:
            raise VerifyFailed(path=self._output, problem=N_("nothing was encoded"))
        return self.decoder

    def abandon(self) -> None:
        """End the thread, if it runs, without an answer."""
        self._abandoned = True
        self._join()

    def _join(self) -> None:
        if self._thread is not None:
            self._packets.put(None)
            self._thread.join()
            self._thread = None

    def _run(self, decoder: PacketDecoder) -> None:
        ended = False
        try:
            while (packet := self._packets.get()) is not None:
                for planes in decoder.decode(packet):
                    self._check(planes)
            ended = True
            if not self._abandoned:
                for planes in decoder.flush():
                    self._check(planes)
        except Undecodable as error:
            failure = VerifyFailed(path=self._output, problem=N_("it cannot be decoded ({error})", error=error))
            failure.__cause__ = error
            self._failure = failure
        except BaseException as error:  # noqa: BLE001 - raised again where packets are given
            self._failure = error
        while not ended:  # the encoder must never wait for a thread that gave up
            ended = self._packets.get() is None


class VideoProof:
    """Proves one render while it runs.  A context manager; `video` and `mask` watch the two writers."""

    def __init__(self, claim: VisibleClaim, composer: Composer, witness: Witness, output: Path) -> None:
        self._claim, self._composer, self._witness, self._output = claim, composer, witness, output
        self._expected: deque[_Expected] = deque()
        self._masks: deque[Mask] = deque()
        self._checks = FrameCheck(claim, output)
        self._mask_output = output
        self.video = PacketProof(output, self._check_picture)
        self.mask = PacketProof(output, self._check_mask)
        self._masks_checked = 0

    def __enter__(self) -> VideoProof:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.video.abandon()
        self.mask.abandon()

    def expect(self, decision: FrameDecision, covering: Planes | None, *, masked: bool) -> None:
        """What the next frame must show; before its picture is encoded.

        covering: the picture with nothing live, where it depends on the source.  masked: the mask is written too.
        """
        self._expected.append(_Expected(decision, covering))
        if masked:
            self._masks.append(decision.live)

    def finish(self, output: Path, mask_output: Path | None) -> VerifyReport:
        """Prove the finished files; raises VerifyFailed, PersonShown, PeopleSearchFailed (15).

        The caller removes both files then.
        """
        proved = self.video.end()
        check_file(output, self._claim, self.video.header, proved)
        if mask_output is not None:
            check_file(mask_output, self._claim, self.mask.header, self.mask.end(), is_mask=True)
        return self._checks.report(self._witness.report())

    def _check_picture(self, planes: tuple[Plane, ...]) -> None:
        if not self._expected:
            raise VerifyFailed(path=self._output, problem=N_("it has more frames than were rendered"))
        expected = self._expected.popleft()
        decision, shown = expected.decision, Planes(*planes)
        covering = expected.covering
        if covering is None:
            covering = self._composer.covering(None, decision.cover)
        self._checks.frame(decision, covering, shown)
        kept = self._checks.kept_at(decision.frame)
        self._witness.look(Shown(decision.frame, shown, decision.live, kept, decision.cover.stretch))

    def _check_mask(self, planes: tuple[Plane, ...]) -> None:
        expected = mask_picture(self._masks.popleft()) if self._masks else None
        if expected is None or not np.array_equal(planes[0] >= 128, expected == 255):
            problem = N_("frame {frame} of the mask is not what was rendered", frame=self._masks_checked)
            raise VerifyFailed(path=self._output, problem=problem)
        self._masks_checked += 1
