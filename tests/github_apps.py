"""An app of this installation, written down as the manifest's way does it."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clients.code_host import GITHUB_COM, Account, CodeHostAddress, MadeApp
from projects import github_apps
from projects.models import DeliveryMode, GitHubApp, Installation, Repository, Team, User
from tests import factories

SECRET = "of the app's webhook"
ACCOUNT_ID = 583231


@lru_cache(maxsize=1)
def private_key() -> str:
    """Making one takes a while: one serves a whole run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def app(
    address: CodeHostAddress = GITHUB_COM,
    *,
    team: Team | None = None,
    actor: User | None = None,
    mode: DeliveryMode = DeliveryMode.WEBHOOK,
) -> GitHubApp:
    made = MadeApp(
        app_id=17,
        slug="dexto-test",
        name="Dexto test",
        html_url=f"{address.web_url}/apps/dexto-test",
        owner=Account(ACCOUNT_ID, "octo-org"),
        client_id="Iv1.test",
        client_secret="of the client",
        private_key=private_key(),
        webhook_secret=SECRET,
    )
    owner = actor or factories.user()
    return github_apps.keep(made, address, team=team or factories.team(owner), actor=owner, mode=mode)


def installation(
    team: Team, *, host: str = "github.com", external_id: int = 1, account: int = ACCOUNT_ID
) -> Installation:
    found: Installation = Installation.objects.create(
        team=team, host=host, external_id=external_id, account_id=account, account_login="octo-org"
    )
    return found


def installed(repository: Repository, found: Installation) -> Repository:
    """The repository as it is once a person linked it."""
    Repository.objects.filter(pk=repository.pk).update(installation=found, host=found.host)
    fresh: Repository = Repository.objects.select_related("installation", "team").get(pk=repository.pk)
    return fresh
