"""WSGI entry of the intake and of the pages."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")
application = get_wsgi_application()
# What is loaded stays: looking through all of it again and again for garbage took 100 ms of the request that it met.
_loaded = get_resolver().url_patterns
gc.collect()
gc.freeze()
