from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = "Teams, projects, operations"

    def ready(self) -> None:
        # Each app's `work` module registers its kinds of operations and what it subscribes to.
        autodiscover_modules("work")
