"""The RTSP side: mount points, passwords, and the ways in which a camera leaves its clients.

Owns the sockets.  Knows nothing of clips; a camera feeds itself once a client has asked for it.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.camera import Camera
from simulator.clips import Codec
from simulator.gst import GLib, GstRtsp, GstRtspServer

ROLE = "viewer"
MTU = 1400
QUEUE_BYTES = 8_000_000
BACKLOG = 256  # connections that wait to be accepted
THREADS = 256  # as many clients are served at a time; the rest share these


@dataclass(frozen=True, slots=True)
class Login:
    """What a client must present: `method` is basic or digest."""

    method: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Options:
    """What all cameras of one server share."""

    audio: bool = True
    login: Login | None = None
    packet_loss: float = 0.0


class Server:
    """All cameras behind one port of the loopback interface."""

    def __init__(self, cameras: Iterable[Camera], port: int, options: Options) -> None:
        self._options = options
        self._cameras = {camera.name: camera for camera in cameras}
        self._clients: dict[GstRtspServer.RTSPClient, str] = {}
        self._asked: Counter[str] = Counter()
        self._hung: set[str] = set()
        self._stopped: set[str] = set()
        self._server = GstRtspServer.RTSPServer()
        self._server.set_address("127.0.0.1")
        self._server.set_service(str(port))
        self._server.set_backlog(BACKLOG)
        # The answer to DESCRIBE waits in its client's thread for the camera's next key frame, so with the one thread
        # that the pool has by itself 32 cameras waited for one another, until their clients gave up.
        self._server.get_thread_pool().set_max_threads(THREADS)
        self._server.connect("client-connected", self._greet)
        if options.login:
            self._server.set_auth(_guard(options.login))
        self._mounts = self._server.get_mount_points()
        for name in self._cameras:
            self._mount(name)
        if not self._server.attach(None):
            raise OSError(f"port {port} is taken")

    @property
    def port(self) -> int:
        """The port that was really bound."""
        return self._server.get_bound_port()

    def url(self, name: str) -> str:
        """Address of a camera, without its password."""
        return f"rtsp://127.0.0.1:{self.port}/{name}"

    def asked(self, name: str) -> int:
        """How many clients ever asked for a camera, whether it answered or not."""
        return self._asked[name]

    def is_hung(self, name: str) -> bool:
        """The camera keeps its connections and says nothing."""
        return name in self._hung

    def is_stopped(self, name: str) -> bool:
        """The camera's address answers 404."""
        return name in self._stopped

    def stop(self, name: str) -> None:
        """Disconnect the clients of a camera and answer 404 from now on."""
        self._stopped.add(name)
        self._mounts.remove_factory(f"/{name}")
        self._disconnect(name)

    def start(self, name: str) -> None:
        """Undo `stop`."""
        if name in self._stopped:
            self._stopped.discard(name)
            self._mount(name)

    def hang(self, name: str) -> None:
        """Say nothing more to the clients of a camera, neither media nor RTCP nor answers, and keep them connected."""
        self._hung.add(name)
        for client in self._clients_of(name):
            _silence(client)

    def unhang(self, name: str) -> None:
        """Undo `hang` as a camera that restarts does: its old clients are disconnected, new ones are served."""
        if name in self._hung:
            self._hung.discard(name)
            self._disconnect(name)

    def _mount(self, name: str) -> None:
        self._mounts.add_factory(f"/{name}", _Factory(self._cameras[name], self._options))

    def _greet(self, _: GstRtspServer.RTSPServer, client: GstRtspServer.RTSPClient) -> None:
        client.connect("pre-options-request", self._recognise)
        client.connect("pre-describe-request", self._describe)
        client.connect("closed", lambda closed: self._clients.pop(closed, None))

    def _recognise(
        self, client: GstRtspServer.RTSPClient, context: GstRtspServer.RTSPContext
    ) -> GstRtsp.RTSPStatusCode:
        name = context.uri.abspath.strip("/")
        if client not in self._clients:
            self._asked[name] += 1
        self._clients[client] = name
        if name in self._hung:
            _silence(client)
        return GstRtsp.RTSPStatusCode.OK

    def _describe(self, client: GstRtspServer.RTSPClient, context: GstRtspServer.RTSPContext) -> GstRtsp.RTSPStatusCode:
        camera = self._cameras.get(context.uri.abspath.strip("/"))
        if camera is not None:
            camera.wait_until_left()
        return self._recognise(client, context)

    def _clients_of(self, name: str) -> list[GstRtspServer.RTSPClient]:
        return [client for client, camera in list(self._clients.items()) if camera == name]

    def _disconnect(self, name: str) -> None:
        leaving = self._clients_of(name)

        def keep_or_remove(
            _: GstRtspServer.RTSPServer, client: GstRtspServer.RTSPClient
        ) -> GstRtspServer.RTSPFilterResult:
            result = GstRtspServer.RTSPFilterResult
            return result.REMOVE if client in leaving else result.KEEP

        self._server.client_filter(keep_or_remove)


class _Factory(GstRtspServer.RTSPMediaFactory):
    """Makes the media of one camera when its first client asks; later clients share it."""

    def __init__(self, camera: Camera, options: Options) -> None:
        super().__init__()
        self.set_shared(True)
        self.set_latency(0)
        self.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
        self.set_launch(_pipeline(camera, options))
        self.connect("media-configure", lambda _, media: camera.attach(media))
        if options.login:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role(ROLE, "media.factory.access", True)
            permissions.add_permission_for_role(ROLE, "media.factory.construct", True)
            self.set_permissions(permissions)


def _pipeline(camera: Camera, options: Options) -> str:
    codec = "h264" if camera.clip.codec is Codec.H264 else "h265"
    rate = f"{camera.fps.numerator}/{camera.fps.denominator}"
    source = "is-live=true format=time block=false leaky-type=downstream"
    payloader = f"rtp{codec}pay pt=96 config-interval=-1 mtu={MTU}"
    if options.packet_loss:
        video = f"{payloader} name=payloader ! identity name=pay0 drop-probability={options.packet_loss:g}"
    else:
        video = f"{payloader} name=pay0"
    elements = [
        f"appsrc name=video-source {source} max-bytes={QUEUE_BYTES}"
        f" caps=video/x-{codec},stream-format=byte-stream,alignment=au,framerate={rate} ! {video}"
    ]
    if options.audio:
        elements.append(
            f"appsrc name=audio-source {source} caps=audio/x-mulaw,rate=8000,channels=1 ! rtppcmupay name=pay1 pt=0"
        )
    return f"( {' '.join(elements)} )"


def _guard(login: Login) -> GstRtspServer.RTSPAuth:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    if login.method == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(login.user, login.password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(login.user, login.password, token)
    return auth


# gboolean func(client, messages, count, close, user_data).  Through ctypes, because the bindings would copy and free
# the messages, which are the server's own: it aborts.
_SEND_MESSAGES = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p
)
_SWALLOW = _SEND_MESSAGES(lambda *_: 1)
_LIBRARY = "libgstrtspserver-1.0.so.0"


def _silence(client: GstRtspServer.RTSPClient) -> None:
    """Let every message to a client vanish; the server believes that it was sent and keeps the connection."""
    replace = ctypes.CDLL(_LIBRARY).gst_rtsp_client_set_send_messages_func
    replace.argtypes = [ctypes.c_void_p, _SEND_MESSAGES, ctypes.c_void_p, ctypes.c_void_p]
    replace.restype = None
    replace(hash(client), _SWALLOW, None, None)  # the hash of a GObject is its address


def run_forever() -> None:
    """Serve until the process ends."""
    GLib.MainLoop().run()
