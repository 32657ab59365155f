from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from dashboard import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", LoginView.as_view(template_name="sign_in.html", redirect_authenticated_user=True), name="sign-in"),
    path("sign-in/<str:token>", views.sign_in_by_link, name="sign-in-by-link"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("<slug:team>", views.team, name="team"),
    path("<slug:team>/<slug:project>", views.project, name="project"),
    path("<slug:team>/<slug:project>/undo-rollback", views.undo_rollback, name="undo-rollback"),
    path("<slug:team>/<slug:project>/deployments/<str:public_id>", views.deployment, name="deployment"),
    path("<slug:team>/<slug:project>/deployments/<str:public_id>/<slug:verb>", views.act, name="act"),
]
