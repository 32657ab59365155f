"""The addresses of the process that only takes deliveries in."""

from django.urls import include, path

urlpatterns = [path("webhooks/", include("webhooks.urls"))]
