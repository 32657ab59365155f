"""A deployment bound to its service: the bundle, its variables as they were, and the destination's config."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from core.errors import UserError
from deployments.artefacts import artefact_of
from deployments.cloud.content import StoredBundle
from deployments.cloud.registry import module_of
from deployments.cloud.services import as_port
from deployments.models import CloudService, Deployment
from deployments.platforms.cloud import Release, Source
from deployments.variables import identity_of, secrets_of, unsealed_for_start
from projects.secrets import unseal

#: What we read of a destination's config ourselves; the rest is its platform's, which refuses what it does not know.
OURS: Final = frozenset({"account", "storage"})
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def bound(deployment: Deployment, service: CloudService, *, serves: bool = True) -> Release:
    """Raises UserError where a value was revoked, or the bundle is no longer kept."""
    if deployment.bundle is None:
        raise UserError("bundle_expired", "Its bundle is no longer kept.", "Redeploy its commit instead.")
    variables = unsealed_for_start(deployment, platform=service.platform) | identity_of(deployment)
    return Release(
        deployment.public_id,
        as_port(service),
        StoredBundle.of(deployment.bundle),
        variables,
        frozenset(secrets_of(deployment)),
        serves,
        _source(deployment),
        artefact_of(deployment) if module_of(service.platform).traits.fetches else None,
        health_seconds=settings.HEALTH_SECONDS,
    )


def config_of(deployment: Deployment) -> dict[str, Any]:
    """The destination's, for its platform, with the values of plain variables in the place of ${NAME}. Raises
    UserError."""
    config = {key: one for key, one in deployment.destination.config.items() if key not in OURS}
    return expanded(deployment, config, "config")


def expanded(deployment: Deployment, config: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A secret has no place in it: what is in a config may be shown, at the vendor as here. Raises UserError."""
    plain = deployment.variables.filter(version__is_secret=False).select_related("version")
    known = {one.name for one in deployment.variables.all()}
    values = {one.name: unseal(one.version) for one in plain}
    return {name: _expanded(one, f"{key}.{name}", values, known) for name, one in config.items()}


def _expanded(value: Any, key: str, values: Mapping[str, str], known: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _expanded(one, f"{key}.{name}", values, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_expanded(one, key, values, known) for one in value]
    if not isinstance(value, str):
        return value

    def put_in(found: re.Match[str]) -> str:
        if found[1] in values:
            return values[found[1]]
        why = "is a secret, and a config is shown" if found[1] in known else "is not set for this environment"
        raise UserError(
            "destination_config_invalid",
            f"{key} names {found[1]}, which {why}.",
            "Set it as a plain variable of the project, or write the value itself.",
        )

    return _VARIABLE.sub(put_in, value)


def _source(deployment: Deployment) -> Source:
    url = deployment.project.repository.clone_url
    request = deployment.push.pull_request
    public = url.removesuffix(".git") if url.startswith("https://") else ""
    return Source(deployment.push.after, deployment.branch, public, request.number if request else 0)
