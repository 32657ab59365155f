"""The model that agents of these tests ask."""

from tests.deployments.platforms.conftest import model_url

__all__ = ["model_url"]
