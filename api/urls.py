from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from api import oidc, uploads, views

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="api-schema"),
    path("oidc/exchange", oidc.Exchange.as_view()),
    path("me", views.Me.as_view()),
    path("projects", views.Projects.as_view()),
    path("projects/<slug:slug>", views.OneProject.as_view()),
    path("projects/<slug:slug>/destinations", uploads.Destinations.as_view()),
    path("projects/<slug:slug>/bundles/missing", uploads.Missing.as_view()),
    path("projects/<slug:slug>/blobs", uploads.Blobs.as_view()),
    path("projects/<slug:slug>/deployments", uploads.Deployments.as_view()),
    path("projects/<slug:slug>/rollback", views.Rollback.as_view()),
    path("projects/<slug:slug>/undo-rollback", views.UndoRollback.as_view()),
    path("projects/<slug:slug>/variables", views.Variables.as_view()),
    path("projects/<slug:slug>/variables/<str:name>", views.OneVariable.as_view()),
    path("deployments/<str:public_id>", views.OneDeployment.as_view()),
    path("deployments/<str:public_id>/steps", views.Steps.as_view()),
    path("deployments/<str:public_id>/logs/<str:stream>", views.Logs.as_view()),
    path("deployments/<str:public_id>/promote", views.Promote.as_view()),
    path("deployments/<str:public_id>/redeploy", views.Redeploy.as_view()),
    path("deployments/<str:public_id>/approve", views.Approve.as_view()),
    path("deployments/<str:public_id>/cancel", views.Cancel.as_view()),
    re_path(r"[\s\S]*", views.Unknown.as_view()),  # line ends too, which <path:…> does not take
]
