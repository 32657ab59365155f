"""ASGI entry of everything long-lived: live logs, git over HTTP, the gateway's pass-through."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dexto_cloud.settings")
application = get_asgi_application()
