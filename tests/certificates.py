"""A TLS server of the tests, with a certificate that ends when a test wants it to."""

import ssl
import threading
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from socket import create_server

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def context(folder, *, begins, ends):
    """Of a server; the certificate is in `folder` afterwards."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return found


@contextmanager
def serving(secured):
    """The port of a server that shakes hands and hangs up; without a context it is silent."""
    with create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_greet, args=(listener, secured))
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(2)
        thread.join()


def _greet(listener, secured):
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with plain, suppress(OSError):
            if secured is not None:
                secured.wrap_socket(plain, server_side=True).close()
