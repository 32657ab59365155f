"""People by their accounts at a code host. An account is its number there: names and addresses change hands."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from clients.code_host import Account
from core.errors import UserError
from projects.actions import create_team
from projects.invitations import accept
from projects.models import CodeHostIdentity, Invitation, User


def signed_in(host: str, account: Account, *, invitation: Invitation | None = None) -> User:
    """Whose account it is. Who is unknown needs an invitation, but for the very first person, to whom the
    installation belongs. Raises UserError."""
    with transaction.atomic():
        user = _known(host, account) or _new(host, account, invitation)
        if invitation is not None:
            accept(invitation, user)
    if not user.is_active:
        raise UserError("account_unknown", f"The account {account.login} is switched off here.", "Ask an owner.")
    return user


def connect(user: User, host: str, account: Account) -> CodeHostIdentity:
    """From now on they sign in with this account as well. Raises UserError when it is somebody else's."""
    if CodeHostIdentity.objects.filter(host=host, external_id=account.id).exclude(user=user).exists():
        raise UserError(
            "account_taken",
            f"Somebody else here signs in as {account.login}.",
            "Sign out at the code host, and choose your own account there.",
        )
    identity, _created = CodeHostIdentity.objects.update_or_create(
        user=user,
        host=host,
        defaults={"external_id": account.id, "login": account.login[:100], "revoked_at": None},
    )
    found: CodeHostIdentity = identity
    return found


def _known(host: str, account: Account) -> User | None:
    rows = CodeHostIdentity.objects.filter(host=host, external_id=account.id)
    rows.update(login=account.login[:100], revoked_at=None)
    identity = rows.select_related("user").first()
    return identity.user if identity else None


def _new(host: str, account: Account, invitation: Invitation | None) -> User:
    is_first = not User.objects.exists()
    if invitation is None and not is_first:
        raise UserError(
            "account_unknown",
            f"Nobody here signs in as {account.login}.",
            "Ask an owner of a team for an invitation, and open its link first.",
        )
    user = _made(account.login, owner=is_first)
    connect(user, host, account)
    if is_first:
        create_team("home", user, name="Home")
    return user


def _made(login: str, *, owner: bool) -> User:
    """Under their name at the code host, or one beside it where somebody has that already."""
    names = [login, *(f"{login}-{number}" for number in range(2, 100))]
    for name in names:
        try:
            with transaction.atomic():
                return User.objects.create_user(name, is_staff=owner, is_superuser=owner)
        except IntegrityError:
            continue
    raise UserError("name_taken", f"There are too many people called {login}.", "Ask an owner for an account.")
