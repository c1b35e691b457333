"""The streams of a command in the service: whatever the caller's terminal does, the command ends."""

import io
import os
import pty
import termios
import threading

import pytest

from cctv.services.serve.errors import CallerGone
from cctv.services.serve.streams import PatientOutput

TEXT = os.urandom(1 << 20)


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_all_arrives_at_a_reader_who_reads_late(pipe):
    read_end, write_end = pipe
    got = bytearray()

    def read():
        while len(got) < len(TEXT):
            got.extend(os.read(read_end, 1000))

    reader = threading.Thread(target=read)
    with io.BufferedWriter(PatientOutput(write_end)) as output:
        output.write(TEXT[:60_000])
        reader.start()
        output.write(TEXT[60_000:])
    reader.join()
    assert bytes(got) == TEXT


def test_a_reader_who_never_reads_ends_the_command_once(pipe):
    output = PatientOutput(pipe[1], seconds=0.01)
    with pytest.raises(CallerGone):
        io.BufferedWriter(output).write(TEXT)

    assert output.write(b"the way out") == len(b"the way out")


def test_a_terminal_that_was_stopped_is_a_reader_who_never_reads():
    controller, terminal = pty.openpty()
    termios.tcflow(terminal, termios.TCOOFF)  # Ctrl-S
    try:
        with pytest.raises(CallerGone):
            io.BufferedWriter(PatientOutput(terminal, seconds=0.01)).write(TEXT)
    finally:
        termios.tcflow(terminal, termios.TCOON)
        os.close(terminal)
        os.close(controller)


def test_a_file_takes_everything(tmp_path):
    descriptor = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT, 0o600)
    with io.BufferedWriter(PatientOutput(descriptor, seconds=0.0)) as output:
        output.write(TEXT)
    os.close(descriptor)
    assert (tmp_path / "out").read_bytes() == TEXT
