"""`storage`: what the schema takes besides the stores of every generation."""

from tests.core.projects import SMALLEST, check, codes

CACHE = "storage:\n  cache: {type: in-memory}\n"


def test_a_convex_database_and_a_bucket_for_uploads_are_known() -> None:
    text = CACHE + (
        "  database: {type: convex, url: $CONVEX_URL, deployKey: $CONVEX_DEPLOY_KEY}\n"
        "  blob: {type: s3, bucket: uploads, region: auto, endpoint: 'https://r2.example.com', prefix: a/,"
        " credentials: {accessKeyId: $ID, secretAccessKey: $KEY}}\n"
    )
    assert not [one for one in check(SMALLEST + text).findings if one.severity == "error"]


def test_their_secrets_come_from_variables() -> None:
    text = CACHE + (
        "  database: {type: convex, url: $U, deployKey: 'prod:abc|0123456789abcdef'}\n  blob: {type: s3, bucket: u}\n"
    )
    assert "secret_in_file" in codes(check(SMALLEST + text))
