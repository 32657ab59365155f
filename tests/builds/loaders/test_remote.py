"""Loading over the network, against real servers: moto and rclone for S3, PostgreSQL, and a web server."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs

import psycopg
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from builds.loaders.remote import Identity, RemoteLoader
from clients.addresses import ANYWHERE, PUBLIC_ONLY, AddressPolicy
from clients.guarded_http import GuardedHttp
from core.config.agent import AgentConfig
from core.errors import DextoError, ResourceError, ResourceUnavailableError
from core.resources import NamedSource, Resource
from tests.builds.loaders.conftest import S3_BODY as BODY
from tests.builds.loaders.conftest import S3Server
from tests.web_server import Reply, Seen, WebServer, web_server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def _source(data: Mapping[str, object], name: str = "named") -> NamedSource:
    config = AgentConfig.model_validate(
        {"systemPrompt": "x", "llm": {"provider": "openai", "model": "m"}, "dataSources": {name: data}}
    )
    return NamedSource(name, config.data_sources[name])


def _load(
    uri: str,
    source: NamedSource,
    variables: Mapping[str, str] | None = None,
    *,
    identity: Identity = Identity.TEAM,
    policy: AddressPolicy = ANYWHERE,
    max_bytes: int = 10_000_000,
) -> Resource:
    with GuardedHttp(policy) as http:
        return RemoteLoader(http, policy, identity, variables or {}, max_bytes).load(uri, source)


def _error(uri: str, source: NamedSource, variables: Mapping[str, str] | None = None, **more: object) -> DextoError:
    with pytest.raises(DextoError) as caught:
        _load(uri, source, variables, **more)  # type: ignore[arg-type]
    assert "secret" not in f"{caught.value} {caught.value.next_step}"
    return caught.value


# S3


def _s3(server: S3Server, **more: object) -> NamedSource:
    return _source({"type": "s3", "bucket": "acme", "region": "us-east-1", "endpoint": server.endpoint} | more)


KEYS = {"AWS_ACCESS_KEY_ID": S3Server.access_key, "AWS_SECRET_ACCESS_KEY": S3Server.secret_key}
EXPLICIT = {"accessKeyId": "$TEAM_KEY", "secretAccessKey": "${TEAM_SECRET}", "sessionToken": "$TEAM_TOKEN"}


@pytest.fixture(params=["moto", "rclone"])
def s3(request: pytest.FixtureRequest) -> S3Server:
    """The same tests against both: each is strict where the other is not."""
    server: S3Server = request.getfixturevalue(request.param)
    return server


def test_s3_with_the_teams_own_variables(s3: S3Server) -> None:
    resource = _load("s3://acme/rules.md", _s3(s3), KEYS)
    assert (resource.content, resource.text) == (BODY, BODY.decode())
    assert resource.digest == f"sha256:{hashlib.sha256(BODY).hexdigest()}"


@pytest.mark.parametrize("key", ["deep/with%20blank%20&%20%C3%BCmlaut+plus.md"])
def test_s3_keys_are_encoded_as_they_are_signed(s3: S3Server, key: str) -> None:
    assert _load(f"s3://acme/{key}", _s3(s3), KEYS).content == BODY


def test_s3_with_explicit_keys(s3: S3Server) -> None:
    credentials = {name: EXPLICIT[name] for name in ("accessKeyId", "secretAccessKey")}
    variables = {"TEAM_KEY": s3.access_key, "TEAM_SECRET": s3.secret_key}
    assert _load("s3://acme/rules.md", _s3(s3, credentials=credentials), variables).content == BODY


def test_s3_with_a_profile_of_ones_own_machine(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "credentials").write_text(
        f"[company]\naws_access_key_id = {s3.access_key}\naws_secret_access_key = {s3.secret_key}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    source = _s3(s3, credentials={"profile": "company"})
    assert _load("s3://acme/rules.md", source, identity=Identity.OWN_MACHINE).content == BODY


def test_s3_with_the_default_chain_of_ones_own_machine(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    assert _load("s3://acme/rules.md", _s3(s3), identity=Identity.OWN_MACHINE).content == BODY


def test_the_platforms_own_identity_is_never_a_projects(rclone: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    # rclone's word for a request that is not signed.
    assert "400 UnsupportedAlgorithm" in str(_error("s3://acme/rules.md", _s3(rclone)))
    profile = _error("s3://acme/rules.md", _s3(rclone, credentials={"profile": "company"}), KEYS)
    assert "exists on a person's own machine only" in str(profile)


def test_s3_checks_the_signature(rclone: S3Server) -> None:
    error = _error("s3://acme/rules.md", _s3(rclone), KEYS | {"AWS_SECRET_ACCESS_KEY": "wrong-secret-0123"})
    assert (error.code, type(error)) == ("resource_load_failed", ResourceError)
    assert "access was refused (403 SignatureDoesNotMatch)" in str(error)


def test_s3_has_no_such_object(s3: S3Server) -> None:
    error = _error("s3://acme/missing.md", _s3(s3), KEYS)
    assert str(error) == (
        'Failed to load resource from "s3://acme/missing.md" using dataSource "named": '
        "there is no such object (404 NoSuchKey)"
    )


def test_s3_sends_a_session_token(web: WebServer) -> None:
    web.answers["/acme/x.md"] = Reply(body=BODY)
    source = _source({"type": "s3", "bucket": "acme", "region": "auto", "endpoint": web.url, "credentials": EXPLICIT})
    variables = {"TEAM_KEY": "AKID", "TEAM_SECRET": "secret", "TEAM_TOKEN": "session-token"}
    assert _load("s3://acme/x.md", source, variables).content == BODY
    seen = {name.lower(): value for name, value in web.seen[0].headers.items()}
    assert seen["x-amz-security-token"] == "session-token"
    assert "/auto/s3/aws4_request" in seen["authorization"]


def test_s3_of_aws_has_the_buckets_own_host(web: WebServer) -> None:
    names: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        names.append(host)
        return ["10.0.0.1"]

    source = _source({"type": "s3", "bucket": "acme", "region": "eu-central-1"})
    _error("s3://acme/x.md", source, policy=AddressPolicy(public_only=True, resolver=resolver))
    dotted = _source({"type": "s3", "bucket": "acme.com", "region": "eu-central-1"})
    _error("s3://acme.com/x.md", dotted, policy=AddressPolicy(public_only=True, resolver=resolver))
    assert names == ["acme.s3.eu-central-1.amazonaws.com", "s3.eu-central-1.amazonaws.com"]


def test_a_custom_endpoint_is_checked_like_any_address(web: WebServer) -> None:
    source = _source({"type": "s3", "bucket": "acme", "region": "auto", "endpoint": web.url})
    assert "does not visit" in str(_error("s3://acme/x.md", source, KEYS, policy=PUBLIC_ONLY))
    assert web.seen == []


def test_a_region_cannot_be_a_host(web: WebServer) -> None:
    source = _source({"type": "s3", "bucket": "acme", "region": "evil.example/#"})
    assert "region" in str(_error("s3://acme/x.md", source, KEYS))


def test_the_buckets_own_region_is_named(web: WebServer) -> None:
    web.answers["/acme/x.md"] = Reply(301, headers={"x-amz-bucket-region": "eu-west-1"})
    source = _source({"type": "s3", "bucket": "acme", "region": "us-east-1", "endpoint": web.url})
    assert "the bucket is in the region eu-west-1" in str(_error("s3://acme/x.md", source, KEYS))


# HTTP


def _cdn(web: WebServer, **more: object) -> NamedSource:
    headers = {"Authorization": "Bearer ${CDN_TOKEN}"}
    return _source({"type": "http", "baseUrl": f"{web.url}/prompts", "headers": headers} | more, "cdn")


CDN = {"CDN_TOKEN": "token-secret"}


def test_http_sends_its_headers(web: WebServer) -> None:
    web.answers["/prompts/v2.md"] = Reply(body=BODY)
    assert _load(f"{web.url}/prompts/v2.md", _cdn(web), CDN).content == BODY
    assert web.seen[0].headers["Authorization"] == "Bearer token-secret"


def test_http_without_the_variable_is_not_asked(web: WebServer) -> None:
    error = _error(f"{web.url}/prompts/v2.md", _cdn(web))
    assert "the variable CDN_TOKEN is not set" in str(error)
    assert web.seen == []


@pytest.mark.parametrize("path", ["/other/v2.md", "/promptsx/v2.md", "/prompts/%2e%2e/v2.md"])
def test_http_headers_stay_below_the_address(web: WebServer, path: str) -> None:
    _error(f"{web.url}{path}", _cdn(web), CDN)
    assert web.seen == []


@pytest.mark.parametrize(
    ("reply", "kind", "cause"),
    [
        (Reply(403), ResourceError, "access was refused (403)"),
        (Reply(401), ResourceError, "access was refused (401)"),
        (Reply(404), ResourceError, "there is no such object (404)"),
        (Reply(418), ResourceError, "the server answered 418"),
        (Reply(204), ResourceError, "the server answered 204"),
        (Reply(503), ResourceUnavailableError, "the server cannot answer now (503)"),
        (Reply(429), ResourceUnavailableError, "the server cannot answer now (429)"),
        (Reply(body=b"half", length=99), ResourceUnavailableError, "the answer ended early, or is not HTTP"),
        (Reply(hang=True), ResourceUnavailableError, "no answer within 0.2 seconds"),
        (
            Reply(302, headers={"Location": "http://169.254.169.254/"}),
            ResourceError,
            "the server redirected to another host (169.254.169.254)",
        ),
    ],
)
def test_http_failures_say_why_and_whether_to_try_again(
    web: WebServer, reply: Reply, kind: type[DextoError], cause: str
) -> None:
    web.answers["/prompts/v2.md"] = reply
    error = _error(f"{web.url}/prompts/v2.md?sig=secret", _cdn(web, timeout=200), CDN)
    assert (type(error), error.code) == (kind, "resource_load_failed")
    assert str(error) == (f'Failed to load resource from "{web.url}/prompts/v2.md?…" using dataSource "cdn": {cause}')


def test_http_has_a_limit_of_size(web: WebServer) -> None:
    web.answers["/prompts/v2.md"] = Reply(body=b"x" * 2_000)
    error = _error(f"{web.url}/prompts/v2.md", _cdn(web), CDN, max_bytes=1_000)
    assert "larger than 1,000 bytes" in str(error)


def test_http_with_letters_beyond_ascii(web: WebServer) -> None:
    web.answers["/prompts/%C3%BC.md"] = Reply(body=BODY)
    assert _load(f"{web.url}/prompts/ü.md", _cdn(web), CDN).content == BODY


# Google Cloud Storage


@pytest.fixture(scope="module")
def service_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _account(key: rsa.RSAPrivateKey, token_uri: str) -> str:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return json.dumps({"client_email": "a@b", "private_key": pem.decode(), "token_uri": token_uri})


def _token_server(key: rsa.RSAPrivateKey) -> Reply | object:
    def answer(seen: Seen) -> Reply:
        assertion = parse_qs(seen.body.decode())["assertion"][0]
        signed, _, signature = assertion.rpartition(".")
        padded = signature + "=" * (-len(signature) % 4)
        key.public_key().verify(base64.urlsafe_b64decode(padded), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return Reply(body=b'{"access_token": "gcs-token"}')

    return answer


GCS = {"type": "gcs", "bucket": "acme", "credentials": {"serviceAccountKey": "$GCS_KEY"}}


def test_gcs_exchanges_the_key_for_a_token(web: WebServer, service_key: rsa.RSAPrivateKey) -> None:
    web.answers["/token"] = _token_server(service_key)  # type: ignore[assignment]
    web.answers["/storage/v1/b/acme/o/deep%2Fold.md"] = Reply(body=BODY)
    variables = {"GCS_KEY": _account(service_key, f"{web.url}/token")}
    assert _load("gs://acme/deep/old.md", _source(GCS | {"endpoint": web.url}), variables).content == BODY
    assert web.seen[1].headers["Authorization"] == "Bearer gcs-token"
    assert web.seen[1].path.endswith("?alt=media")


def test_gcs_of_a_public_bucket(web: WebServer) -> None:
    web.answers["/storage/v1/b/acme/o/x.md"] = Reply(body=BODY)
    source = _source({"type": "gcs", "bucket": "acme", "endpoint": web.url})
    assert _load("gs://acme/x.md", source).content == BODY
    assert "Authorization" not in web.seen[0].headers


@pytest.mark.parametrize("key", ["not json secret", "{}", '{"client_email": "a", "private_key": "secret"}'])
def test_a_broken_service_key_is_not_repeated(web: WebServer, key: str) -> None:
    error = _error("gs://acme/x.md", _source(GCS | {"endpoint": web.url}), {"GCS_KEY": key})
    assert "key" in str(error)


def test_a_service_keys_token_server_is_checked_too(web: WebServer, service_key: rsa.RSAPrivateKey) -> None:
    variables = {"GCS_KEY": _account(service_key, f"{web.url}/token")}
    error = _error("gs://acme/x.md", _source(GCS), variables, policy=PUBLIC_ONLY)
    assert "does not visit" in str(error)
    assert web.seen == []


# Azure Blob Storage

ACCOUNT_KEY = base64.b64encode(b"azure-secret").decode()
AZURE = {"type": "azure", "account": "acme", "container": "notes"}


def _shared_key_server(seen: Seen) -> Reply:
    """Computes the signature by Microsoft's description, from what came over the wire."""
    lines = ["GET", *[""] * 11]
    lines += [f"{name}:{seen.headers[name]}" for name in ("x-ms-date", "x-ms-version")]
    lines.append(f"/acme{seen.path}")
    digest = hmac.digest(b"azure-secret", "\n".join(lines).encode(), "sha256")
    expected = f"SharedKey acme:{base64.b64encode(digest).decode()}"
    good = hmac.compare_digest(seen.headers["Authorization"], expected)
    return Reply(body=BODY) if good else Reply(403, headers={"x-ms-error-code": "AuthenticationFailed"})


def test_azure_signs_with_the_accounts_key(web: WebServer) -> None:
    web.answers["/notes/with%20blank.md"] = _shared_key_server
    source = _source(AZURE | {"endpoint": web.url, "credentials": {"accountKey": "$AZURE_KEY"}})
    assert _load("az://notes/with%20blank.md", source, {"AZURE_KEY": ACCOUNT_KEY}).content == BODY
    wrong = {"AZURE_KEY": base64.b64encode(b"other").decode()}
    error = _error("az://notes/with%20blank.md", source, wrong)
    assert "access was refused (403 AuthenticationFailed)" in str(error)


def test_azure_with_a_token(web: WebServer) -> None:
    web.answers["/notes/x.md"] = Reply(body=BODY)
    source = _source(AZURE | {"endpoint": web.url, "credentials": {"sasToken": "$SAS"}})
    assert _load("az://notes/x.md", source, {"SAS": "?sv=1&sig=secret"}).content == BODY
    assert web.seen[0].path == "/notes/x.md?sv=1&sig=secret"


@pytest.mark.parametrize(
    ("more", "variables", "cause"),
    [
        ({"credentials": {"accountKey": "$KEY"}}, {"KEY": "no base64!"}, "not base64"),
        ({"account": "evil.example/"}, {}, "not an account's name"),
    ],
)
def test_azure_refuses(more: dict[str, object], variables: dict[str, str], cause: str) -> None:
    assert cause in str(_error("az://notes/x.md", _source(AZURE | more), variables))


# PostgreSQL

TEXTS = {"type": "postgres", "url": "$LIBRARY", "table": "library.prompts"}


@pytest.fixture(scope="session")
def library(postgres: str) -> str:
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE SCHEMA library")
        connection.execute("CREATE TABLE library.prompts (key text, content text, number int)")
        connection.execute("INSERT INTO library.prompts VALUES ('monthly', '# Rules\n\nBe kind.\n', 1)")
        connection.execute("INSERT INTO library.prompts VALUES ('twice', 'a'), ('twice', 'b')")
    return postgres


def test_postgres_reads_a_row(library: str) -> None:
    uri = "postgres://library.prompts/monthly"
    assert _load(uri, _source(TEXTS), {"LIBRARY": library}).content == BODY


@pytest.mark.parametrize(
    ("key", "more", "cause"),
    [
        ("missing", {}, "there is no such row"),
        ("twice", {}, "several rows have this key"),
        ("monthly", {"contentColumn": "number"}, "the row's content is not text"),
        ("monthly", {"contentColumn": "nothing"}, "the database refused the query (UndefinedColumn)"),
        ("x' OR '1'='1", {}, "holds a blank"),
    ],
)
def test_postgres_failures(library: str, key: str, more: dict[str, object], cause: str) -> None:
    error = _error(f"postgres://library.prompts/{key}", _source(TEXTS | more), {"LIBRARY": library})
    assert cause in str(error)


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("postgresql://u:secret@h/db?passfile=/etc/passwd", "may not say passfile"),
        ("postgresql://u:secret@h/db?sslkey=/root/key", "may not say sslkey"),
        ("postgresql://u:secret@h/db?service=platform", "may not say service"),
        ("postgresql://u@h/db", "does not say password"),
        ("postgresql://u:secret@/db", "does not say host"),
        ("postgresql://u:secret@%2Fvar%2Frun/db", "must name one host"),
        ("postgresql://u:secret@a,b/db", "must name one host"),
        ("postgresql://u:secret@h:x/db", "has no valid port"),
        ("secret", "is not valid"),
        ("postgresql://u:secret@127.0.0.1:5432/db", "does not visit"),
    ],
)
def test_a_database_url_says_all_and_reaches_nothing_of_the_platforms(url: str, cause: str) -> None:
    error = _error("postgres://library.prompts/x", _source(TEXTS), {"LIBRARY": url}, policy=PUBLIC_ONLY)
    assert cause in str(error)


def test_a_wrong_password_is_not_repeated(library: str) -> None:
    error = _error(
        "postgres://library.prompts/x",
        _source(TEXTS),
        {"LIBRARY": library.replace("pw-secret", "other-secret")},
    )
    assert isinstance(error, ResourceUnavailableError)
    assert "did not answer" in str(error)
