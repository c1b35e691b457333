"""A mail host on this machine that keeps what it is given, or refuses it."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage


class MailHost:
    """Speaks as much SMTP as a mail needs."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.mails: list[EmailMessage] = []
        host = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("220 mail.example.org")
                while line := self.rfile.readline():
                    word = line.decode().strip().upper()
                    if word == "DATA":
                        self.say("354 go on")
                        lines = []
                        while (part := self.rfile.readline()) != b".\r\n":
                            lines.append(part.removeprefix(b"."))
                        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                        host.mails.append(message)
                        self.say("250 kept")
                    elif word.startswith("RCPT") and refuses:
                        self.say("550 nobody of that name here")
                    elif word == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

            def say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> MailHost:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
