"""The addresses of the process that only takes deliveries in."""

from django.urls import include, path

from dexto_cloud import health

urlpatterns = [
    path("webhooks/", include("webhooks.urls")),
    path("healthz", health.healthz),
]
