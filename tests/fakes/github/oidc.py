"""The issuer of tokens for workflows: its configuration, its keys, and the tokens themselves."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tests.fakes.github.keys import key

if TYPE_CHECKING:
    from tests.fakes.github.world import Repository


@dataclass(slots=True)
class Issuer:
    """`rotate` makes a new key; tokens of the older ones stay good while their keys are published."""

    url: str = ""
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)

    def rotate(self) -> None:
        name = f"key-{len(self.keys) + 1}"
        self.keys[name] = key(f"issuer {name}")

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/.well-known/jwks",
            "subject_types_supported": ["public", "pairwise"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def jwks(self) -> dict[str, Any]:
        return {"keys": [_published(name, one) for name, one in self.keys.items()]}

    def token(self, repository: Repository, audience: str, **claims: Any) -> str:
        """As a workflow of the repository's default branch gets it; `claims` are what is different."""
        ref = f"refs/heads/{repository.default_branch}"
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": audience,
            "sub": f"repo:{repository.full_name}:ref:{ref}",
            "jti": str(uuid4()),
            "iat": now,
            "nbf": now - 5,
            "exp": now + 300,
            "repository": repository.full_name,
            "repository_id": str(repository.id),
            "repository_owner": repository.owner.login,
            "repository_owner_id": str(repository.owner.id),
            "ref": ref,
            "ref_type": "branch",
            "event_name": "push",
            "workflow_ref": f"{repository.full_name}/.github/workflows/deploy.yml@{ref}",
            "job_workflow_ref": f"{repository.full_name}/.github/workflows/deploy.yml@{ref}",
            "actor": repository.owner.login,
            "sha": "0" * 40,
            **claims,
        }
        return self.signed(said)

    def signed(self, claims: dict[str, Any], *, algorithm: str = "RS256") -> str:
        if not self.keys:
            self.rotate()
        name, signer = list(self.keys.items())[-1]
        head = _encoded({"alg": algorithm, "typ": "JWT", "kid": name})
        signed = f"{head}.{_encoded(claims)}"
        return f"{signed}.{_base64(signer.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _published(name: str, one: rsa.RSAPrivateKey) -> dict[str, Any]:
    numbers = one.public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": name, "n": _base64(modulus), "e": "AQAB"}


def _encoded(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
