from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = "Teams, projects, operations"

    def ready(self) -> None:
        # Each app's `work` module registers its kinds of operations and what it subscribes to.
        # Who only takes deliveries in does none of it.
        if settings.PROCESS != "intake":
            autodiscover_modules("work")
