"""An interrupt from a client reaches a command that is just beginning to wait."""

import io
import os
import signal
import socket
import sys
import threading

import click
import pytest

from cctv.services.serve import session, streams
from cctv.services.serve.protocol import FrameChannel


@pytest.fixture
def signals():
    """The handlers of this process, put back at the end."""
    numbers = (signal.SIGINT, signal.SIGURG)
    kept = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_an_interrupt_that_was_noted_before_the_wait_ends_it(monkeypatch):
    """Another thread takes the signal: as when it comes before the wait, Python notes it, and the wait goes on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGURG, lambda *_: None)
    noted = threading.Event()

    def note(*_):
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        noted.set()

    monkeypatch.setattr(session.os, "killpg", note)
    client, service = socket.socketpair()
    read_end, write_end = os.pipe()
    conversation = session.CallerConversation(FrameChannel(service))
    conversation.listen()

    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the interrupt may come before the wait, too
        FrameChannel(client).send({"interrupt": True})
        os.read(read_end, 1)
    conversation.finish(130)

    assert noted.is_set()
    client.close()
    for thread in threading.enumerate():
        if thread.name == "client":
            thread.join()
    service.close()
    for end in (read_end, write_end):
        os.close(end)


class InterruptedScreen(io.StringIO):
    """A terminal at which Ctrl-C is pressed just when the question has appeared."""

    def flush(self):
        raise KeyboardInterrupt


def test_an_interrupt_while_the_question_is_shown_ends_it(monkeypatch):
    monkeypatch.setattr(click.termui, "visible_prompt_func", streams.typed_line)
    monkeypatch.setattr(sys, "stderr", InterruptedScreen())
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))

    with pytest.raises(click.Abort):
        click.prompt("Destroy all of it?", err=True)


def test_the_end_of_what_is_typed_is_no_answer(monkeypatch):
    monkeypatch.setattr(click.termui, "visible_prompt_func", streams.typed_line)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    with pytest.raises(click.Abort):
        click.prompt("Destroy all of it?", err=True)
