from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard import configuring, signing_in, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", signing_in.SignIn.as_view(), name="sign-in"),
    path("account", signing_in.account, name="account"),
    path("sign-in/<str:token>", views.sign_in_by_link, name="sign-in-by-link"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("<slug:team>", views.team, name="team"),
    path("<slug:team>/-/tokens", configuring.own_tokens, name="tokens"),
    path("<slug:team>/-/tokens/<int:pk>/revoke", configuring.revoke_token, name="revoke-token"),
    path("<slug:team>/-/audit", configuring.audit, name="audit"),
    path("<slug:team>/<slug:project>", views.project, name="project"),
    path("<slug:team>/<slug:project>/variables", configuring.variables, name="variables"),
    path("<slug:team>/<slug:project>/variables/<int:pk>/remove", configuring.drop_variable, name="remove-variable"),
    path("<slug:team>/<slug:project>/settings", configuring.settings, name="project-settings"),
    path("<slug:team>/<slug:project>/pushes", configuring.pushes, name="pushes"),
    path("<slug:team>/<slug:project>/undo-rollback", views.undo_rollback, name="undo-rollback"),
    path("<slug:team>/<slug:project>/deployments/<str:public_id>", views.deployment, name="deployment"),
    path("<slug:team>/<slug:project>/deployments/<str:public_id>/<slug:verb>", views.act, name="act"),
]
