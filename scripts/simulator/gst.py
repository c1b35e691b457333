"""The GStreamer names that the server uses, with the versions that it was written for.

The bindings are Debian's (python3-gi, gir1.2-gst-rtsp-server-1.0) and exist only for the system's own Python.
"""

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")

from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

Gst.init(None)

__all__ = ["GLib", "Gst", "GstRtsp", "GstRtspServer"]
