from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api import destinations, device, metrics, oidc, quotas, storages, uploads, views

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="api-schema"),
    path(
        "docs",
        SpectacularSwaggerSplitView.as_view(
            url_name="api-schema", template_name="api_docs.html", authentication_classes=[], permission_classes=[]
        ),
        name="api-docs",
    ),
    path("oidc/exchange", oidc.Exchange.as_view()),
    path("device", device.Begin.as_view()),
    path("device/token", device.Collect.as_view()),
    path("me", views.Me.as_view()),
    path("quotas", quotas.Quotas.as_view()),
    path("projects", views.Projects.as_view()),
    path("projects/<slug:slug>", views.OneProject.as_view()),
    path("projects/<slug:slug>/bundles/missing", uploads.Missing.as_view()),
    path("projects/<slug:slug>/blobs", uploads.Blobs.as_view()),
    path("projects/<slug:slug>/deployments", uploads.Deployments.as_view()),
    path("projects/<slug:slug>/rollback", views.Rollback.as_view()),
    path("projects/<slug:slug>/undo-rollback", views.UndoRollback.as_view()),
    path("projects/<slug:slug>/variables", views.Variables.as_view()),
    path("projects/<slug:slug>/variables/<str:name>", views.OneVariable.as_view()),
    path("projects/<slug:slug>/pushes", destinations.Pushes.as_view()),
    path("projects/<slug:slug>/metrics", metrics.ProjectMetrics.as_view()),
    path("projects/<slug:slug>/destinations", destinations.Destinations.as_view()),
    path("projects/<slug:slug>/destinations/<slug:destination>", destinations.OneDestination.as_view()),
    path("projects/<slug:slug>/services", destinations.Services.as_view()),
    path("projects/<slug:slug>/services/<slug:service>", destinations.OneService.as_view()),
    path("projects/<slug:slug>/services/<slug:service>/inspect", destinations.InspectService.as_view()),
    path("projects/<slug:slug>/services/<slug:service>/retry", destinations.RetryService.as_view()),
    path("projects/<slug:slug>/services/<slug:service>/follow", destinations.FollowService.as_view()),
    path("projects/<slug:slug>/storages", storages.Storages.as_view()),
    path("projects/<slug:slug>/storages/<slug:storage>", storages.OneStorage.as_view()),
    path("projects/<slug:slug>/canary", destinations.Canary.as_view()),
    path("projects/<slug:slug>/domains", destinations.Domains.as_view()),
    path("projects/<slug:slug>/domains/<str:hostname>", destinations.OneDomain.as_view()),
    path("storages", storages.Providers.as_view()),
    path("platforms", destinations.Platforms.as_view()),
    path("accounts", destinations.Accounts.as_view()),
    path("accounts/<slug:platform>/<slug:account>", destinations.OneAccount.as_view()),
    path("accounts/<slug:platform>/<slug:account>/check", destinations.CheckAccount.as_view()),
    path("deployments/<str:public_id>", views.OneDeployment.as_view()),
    path("deployments/<str:public_id>/steps", views.Steps.as_view()),
    path("deployments/<str:public_id>/logs/<str:stream>", views.Logs.as_view()),
    path("deployments/<str:public_id>/promote", views.Promote.as_view()),
    path("deployments/<str:public_id>/redeploy", views.Redeploy.as_view()),
    path("deployments/<str:public_id>/approve", views.Approve.as_view()),
    path("deployments/<str:public_id>/cancel", views.Cancel.as_view()),
    re_path(r"[\s\S]*", views.Unknown.as_view()),  # line ends too, which <path:…> does not take
]
