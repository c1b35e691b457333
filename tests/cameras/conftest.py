"""What tests of cameras share: the certificate that a camera signs itself."""

import ssl
import subprocess

import pytest


@pytest.fixture(scope="session")
def own_certificate(tmp_path_factory):
    """A camera's context: a certificate that it signed itself, TLS 1.3, whose tickets come before any answer."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(folder / "key"), "-out", str(folder / "cert"), "-subj", "/CN=camera", "-days", "2"]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "cert", folder / "key")
    return context
