"""WSGI entry of the intake and of the pages."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")
application = get_wsgi_application()
