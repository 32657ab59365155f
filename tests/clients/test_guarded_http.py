"""GuardedHttp against a real server: what it brings, where it stops, where it does not go."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clients.addresses import PUBLIC_ONLY, AddressPolicy
from clients.guarded_http import Answer, Fetch, FetchError, GuardedHttp
from tests.web_server import Reply, WebServer, web_server


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def _fetch(url: str, policy: AddressPolicy | None = None, **more: object) -> Answer:
    with GuardedHttp(policy or AddressPolicy(public_only=False)) as http:
        return http.fetch(Fetch(url, **more))  # type: ignore[arg-type]


def _error(url: str, policy: AddressPolicy | None = None, **more: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        _fetch(url, policy, **more)
    return caught.value


def test_headers_go_and_a_body_comes(server: WebServer) -> None:
    server.answers["/x"] = Reply(body=b"hello", headers={"X-Note": "a"})
    answer = _fetch(f"{server.url}/x", headers={"Authorization": "Bearer t"})
    assert (answer.status, answer.body, answer.headers["x-note"]) == (200, b"hello", "a")
    assert server.seen[0].headers["Authorization"] == "Bearer t"
    assert server.seen[0].headers["Accept-Encoding"] == "identity"


def test_chunks_are_put_together(server: WebServer) -> None:
    server.answers["/x"] = Reply(body=b"hello", chunked=True)
    assert _fetch(f"{server.url}/x").body == b"hello"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_other_statuses_are_answers(server: WebServer, status: int) -> None:
    server.answers["/x"] = Reply(status)
    assert _fetch(f"{server.url}/x").status == status


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_ends_early_is_an_error(server: WebServer, chunked: bool) -> None:
    server.answers["/x"] = Reply(body=b"half", length=100, chunked=chunked)
    error = _error(f"{server.url}/x")
    assert error.cause == "the answer ended early, or is not HTTP"
    assert error.temporary


def test_a_server_that_says_nothing_more_is_left(server: WebServer) -> None:
    server.answers["/x"] = Reply(hang=True)
    started = monotonic()
    error = _error(f"{server.url}/x", seconds=0.2)
    assert error.cause == "no answer within 0.2 seconds"
    assert error.temporary
    assert monotonic() - started < 2


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_cut_off(server: WebServer, chunked: bool) -> None:
    server.answers["/x"] = Reply(body=b"x" * 100_000, chunked=chunked)
    error = _error(f"{server.url}/x", max_bytes=1_000)
    assert error.cause == "the answer is larger than 1,000 bytes"
    assert not error.temporary


def test_a_declared_size_is_believed_when_it_is_too_large(server: WebServer) -> None:
    server.answers["/x"] = Reply(body=b"x", length=10**12)
    assert "larger" in _error(f"{server.url}/x").cause


def test_nobody_listens() -> None:
    with web_server() as gone:
        url = gone.url
    error = _error(f"{url}/x")
    assert (error.cause, error.temporary) == ("the connection failed", True)


def test_redirects_within_the_host_are_followed_with_the_headers(server: WebServer) -> None:
    server.answers["/a"] = Reply(302, headers={"Location": "/b"})
    server.answers["/b"] = Reply(body=b"b")
    assert _fetch(f"{server.url}/a", headers={"Authorization": "t"}).body == b"b"
    assert server.seen[1].headers["Authorization"] == "t"


def test_redirects_to_another_host_are_not(server: WebServer) -> None:
    server.answers["/a"] = Reply(302, headers={"Location": "http://evil.example/"})
    assert _error(f"{server.url}/a").cause == "the server redirected to another host (evil.example)"


def test_an_allowed_host_gets_no_credentials(server: WebServer) -> None:
    server.answers["/a"] = Reply(302, headers={"Location": f"http://localhost:{server.port}/b"})
    server.answers["/b"] = Reply(body=b"b")
    hosts = frozenset({"localhost"})
    answer = _fetch(f"{server.url}/a", headers={"Authorization": "t"}, redirect_hosts=hosts)
    assert answer.body == b"b"
    assert "Authorization" not in server.seen[1].headers


def test_another_port_gets_no_credentials(server: WebServer) -> None:
    with web_server({"/b": Reply(body=b"b")}) as other:
        server.answers["/a"] = Reply(302, headers={"Location": f"{other.url}/b"})
        assert _fetch(f"{server.url}/a", headers={"Authorization": "t"}).body == b"b"
        assert "Authorization" not in other.seen[0].headers


def test_a_ring_of_redirects_ends(server: WebServer) -> None:
    server.answers["/a"] = Reply(302, headers={"Location": "/a"})
    assert _error(f"{server.url}/a").cause == "the server redirected more than 5 times"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:6379/_x"])
def test_redirects_to_other_schemes_are_refused(server: WebServer, location: str) -> None:
    server.answers["/a"] = Reply(302, headers={"Location": location})
    assert "redirected" in _error(f"{server.url}/a").cause


REFUSED = "its address is one that the platform does not visit for a project"


def test_a_private_address_is_not_visited(server: WebServer) -> None:
    assert _error(f"{server.url}/x", PUBLIC_ONLY).cause == REFUSED
    assert server.seen == []


@dataclass
class _Rebinding:
    """A name that means a public machine first and a private one the next time."""

    answers: list[str]

    def __call__(self, _host: str, _port: int) -> list[str]:
        return [self.answers.pop(0)]


def test_each_hop_is_checked_anew(server: WebServer) -> None:
    server.answers["/a"] = Reply(302, headers={"Location": f"http://second.example:{server.port}/b"})
    names = {"first.example": "127.0.0.1", "second.example": "127.0.0.2"}
    policy = AddressPolicy(
        public_only=True,
        also=(ip_network("127.0.0.1/32"),),
        resolver=lambda host, _port: [names[host]],
    )
    hosts = frozenset({"second.example"})
    error = _error(f"http://first.example:{server.port}/a", policy, redirect_hosts=hosts)
    assert error.cause == REFUSED
    assert [seen.path for seen in server.seen] == ["/a"]


def test_what_was_checked_is_what_is_connected_to(server: WebServer) -> None:
    rebinding = _Rebinding(["127.0.0.1", "10.0.0.1"])
    policy = AddressPolicy(public_only=True, also=(ip_network("127.0.0.1/32"),), resolver=rebinding)
    server.answers["/x"] = Reply(body=b"x")
    assert _fetch(f"http://name.example:{server.port}/x", policy).body == b"x"
    assert rebinding.answers == ["10.0.0.1"]


@pytest.mark.parametrize("url", ["ftp://x/y", "http://", "http://x:99999/", "http://ex\u00e4mple/", "nothing"])
def test_what_is_no_address_is_an_error(url: str) -> None:
    assert _error(url).cause


def test_a_header_with_a_line_break_is_an_error(server: WebServer) -> None:
    assert "not valid" in _error(f"{server.url}/x", headers={"X": "a\r\nY: b"}).cause


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of name.example that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "name.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("name.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.mark.parametrize(("host", "cause"), [("name.example", ""), ("other.example", "the certificate failed")])
def test_a_checked_address_still_has_to_prove_its_name(certificate: Path, host: str, cause: str) -> None:
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    policy = AddressPolicy(public_only=False, resolver=lambda _host, _port: ["127.0.0.1"])
    with (
        web_server({"/x": Reply(body=b"x")}, tls=serving) as running,
        GuardedHttp(policy, ssl_context=trusting) as http,
    ):
        assert _cause(http, f"https://{host}:{running.port}/x") == cause


def _cause(http: GuardedHttp, url: str) -> str:
    try:
        http.fetch(Fetch(url))
    except FetchError as error:
        return error.cause
    return ""


def test_no_cause_holds_a_secret(server: WebServer) -> None:
    server.answers["/x"] = Reply(302, headers={"Location": "http://evil.example/?token=secret"})
    error = _error(f"{server.url}/x?signature=secret", headers={"Authorization": "secret"})
    assert "secret" not in str(error)
