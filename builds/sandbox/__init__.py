"""Runs a stranger's program where it can harm nobody. Knows neither the ORM nor Celery."""
