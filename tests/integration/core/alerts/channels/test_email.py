import ssl
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core.alerts.channel import NoticeKind, TransportError
from core.alerts.channels.email import Email, Relay, Tls
from core.alerts.sample import sample
from core.clock import SystemClock


class Mailbox:
    """A real mail server; `answers` are what it says to a message or a recipient."""

    def __init__(self):
        self.mails = []
        self.refused = {}
        self.answer = "250 queued as 1"
        self.secured = False

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.secured = session.ssl is not None
        if self.answer.startswith("250"):
            self.mails.append(
                (envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default))
            )
        return self.answer


class Server(Controller):
    """On a port that is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def authenticated(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b"ann", b"p:w/1")
    return AuthResult(success=right, handled=right)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    return folder


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def secure(mailbox, certificate, clock):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = Server(
        mailbox,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        require_starttls=True,
        authenticator=authenticated,
        auth_required=True,
    )
    server.start()
    relay = Relay(
        host="127.0.0.1",
        port=server.port,
        user="ann",
        password="p:w/1",
        ca_file=str(certificate / "cert.pem"),
    )
    yield email(relay, clock)
    server.stop()


@pytest.fixture
def plain(mailbox, clock):
    server = Server(mailbox, hostname="127.0.0.1", port=0)
    server.start()
    yield email(Relay(host="127.0.0.1", port=server.port, tls=Tls.NONE), clock)
    server.stop()


def email(relay, clock):
    return Email(
        name="mail",
        relay=relay,
        sender="Mendline <alerts@mendline.test>",
        recipients=("a@ops.test", "b@ops.test"),
        clock=clock,
    )


def test_it_goes_over_tls_with_a_log_in(secure, mailbox):
    receipt = secure.send(sample(), timeout=5)
    recipients, mail = mailbox.mails[0]
    assert mailbox.secured
    assert recipients == ["a@ops.test", "b@ops.test"]
    assert mail["Message-ID"] == receipt.provider_id == "<ntf_test_test@mendline.test>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_wrong_password_is_not_tried_again(secure):
    wrong = replace(secure, relay=replace(secure.relay, password="x"))
    with pytest.raises(TransportError, match="535") as raised:
        wrong.send(sample(), timeout=5)
    assert raised.value.permanent


def test_nobody_in_between_is_believed(secure, mailbox):
    with pytest.raises(TransportError, match="certificate"):
        replace(secure, relay=replace(secure.relay, ca_file=None)).send(sample(), timeout=5)
    assert mailbox.mails == []


def test_without_tls_nothing_is_sent_unless_told_so(plain, mailbox):
    strict = replace(plain, relay=replace(plain.relay, tls=Tls.STARTTLS))
    with pytest.raises(TransportError, match=r"smtp\+plain") as raised:
        strict.send(sample(), timeout=5)
    assert raised.value.permanent
    assert mailbox.mails == []


def test_it_has_a_text_and_the_same_in_html(plain, mailbox):
    alert = replace(sample().alerts[0], labels={"component": "<b>"})
    plain.send(replace(sample(), alerts=(alert,), title="one\r\nBcc: x@y"), timeout=5)
    mail = mailbox.mails[0][1]
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert mail["Subject"] == "[TEST] one Bcc: x@y"
    assert mail["Bcc"] is None
    assert "  component: <b>" in text
    assert "component: &lt;b&gt;" in html


@pytest.mark.parametrize(
    "title",
    [
        "Fails in =?utf-8?q?x=0D=0ABcc:_c@ops.test?=",
        "Fails in ==??utf-8?b?eA0KQmNjOiBjQG9wcy50ZXN0?=",
        "Fails\r\nBcc: c@ops.test",
    ],
)
def test_a_title_adds_no_line_to_the_head(plain, mailbox, title):
    plain.send(replace(sample(), title=title), timeout=5)
    ((recipients, mail),) = mailbox.mails
    assert recipients == ["a@ops.test", "b@ops.test"]
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("[TEST] Fails")
    assert "c@ops.test" in mail["Subject"] or "eA0KQmNj" in mail["Subject"]


def test_a_mail_does_not_grow_beyond_what_mailboxes_take(plain, mailbox):
    wordy = {f"note{number}": "x" * 2_000 for number in range(100)}
    many = (replace(sample().alerts[0], annotations=wordy),) * 100
    plain.send(replace(sample(), alerts=many, truncated=7), timeout=5)
    ((_, mail),) = mailbox.mails
    assert "and 106 more" in mail.get_body(("plain",)).get_content()
    assert "and 106 more" in mail.get_body(("html",)).get_content()
    assert len(mail.as_bytes()) < 2_000_000


def test_an_episode_is_one_conversation(plain, mailbox):
    first = plain.send(sample(NoticeKind.TRIGGER), timeout=5)
    plain.send(replace(sample(NoticeKind.RESOLVE), thread=first.thread), timeout=5)
    mail = mailbox.mails[1][1]
    assert mail["Subject"].startswith("[RESOLVED]")
    assert mail["References"] == mail["In-Reply-To"] == first.provider_id


@pytest.mark.parametrize(
    ("answer", "permanent"), [("451 later", False), ("554 never", True), ("421 closing", False)]
)
def test_what_may_pass_and_what_stays(plain, mailbox, answer, permanent):
    mailbox.answer = answer
    with pytest.raises(TransportError) as raised:
        plain.send(sample(), timeout=5)
    assert raised.value.permanent is permanent
    assert raised.value.status == int(answer[:3])


def test_who_is_refused_is_told_and_the_others_get_it_once(plain, mailbox):
    mailbox.refused = {"b@ops.test": "550 nobody"}
    assert plain.send(sample(), timeout=5).excerpt == "refused: b@ops.test"
    assert mailbox.mails[0][0] == ["a@ops.test"]


def test_nobody_left_is_a_failure(plain, mailbox):
    mailbox.refused = {"a@ops.test": "550 nobody", "b@ops.test": "450 busy"}
    with pytest.raises(TransportError) as raised:
        plain.send(sample(), timeout=5)
    assert (raised.value.permanent, raised.value.status) == (False, 550)


def test_a_server_that_is_not_there_is_tried_again(plain):
    nowhere = replace(plain, relay=replace(plain.relay, port=1))
    with pytest.raises(TransportError, match="cannot be reached") as raised:
        nowhere.send(sample(), timeout=2)
    assert not raised.value.permanent
