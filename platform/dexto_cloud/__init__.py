"""The composition root: it knows every app, and no app imports it."""

from dexto_cloud.celery import app as celery_app

__all__ = ["celery_app"]
