"""Runs a build: fetch → check out → check → bundle → store. Knows neither the ORM nor Celery."""
