"""Every address of the installation. `webhooks` comes first: it is asked most often."""

from django.urls import include, path

from api import artefacts
from dexto_cloud import health, internal

urlpatterns = [
    path("webhooks/", include("webhooks.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", internal.readyz, name="readyz"),
    path("metrics", internal.metrics, name="metrics"),
    path("internal/known-host", internal.known_host, name="known-host"),
    path("artefacts/<str:public_id>", artefacts.artefact, name="artefact"),
    path("api/v1/", include("api.urls")),
    path("api/cloud-agents/", include("api.cloud_agent_urls")),
    path("", include("dashboard.urls")),
]
