"""pipeline.py SECONDS URL FOLDER [URL FOLDER]...: record cameras with GStreamer; Debian's own Python.

Only a design to compare with (testbed.rivals): no index, no hashes, no flushing, no second attempt.
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def main() -> int:
    """Run until stopped; 1 if the pipeline breaks."""
    Gst.init(None)
    seconds, *pairs = sys.argv[1:]
    chains = [
        f'rtspsrc location="{url}" protocols=tcp latency=0 ! rtph264depay ! h264parse'
        f" ! splitmuxsink muxer-factory=mp4mux"
        f' muxer-properties="properties,fragment-duration=400,streamable=true"'
        f' max-size-time={int(seconds) * Gst.SECOND} location="{folder}/%06d.mp4"'
        for url, folder in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    pipeline = Gst.parse_launch("  ".join(chains))
    loop = GLib.MainLoop()
    broken: list[str] = []

    def hear(_: Gst.Bus, message: Gst.Message) -> None:
        if message.type in (Gst.MessageType.ERROR, Gst.MessageType.EOS):
            broken.append(str(message.parse_error()) if message.type is Gst.MessageType.ERROR else "the stream ended")
            loop.quit()

    pipeline.get_bus().add_signal_watch()
    pipeline.get_bus().connect("message", hear)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    print(broken, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
