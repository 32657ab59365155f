from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard import (
    code_host_app,
    code_host_sign_in,
    configuring,
    finding,
    inviting,
    ledger,
    linking,
    signing_in,
    trusting,
    views,
)

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", signing_in.SignIn.as_view(), name="sign-in"),
    path("find", finding.find, name="find"),
    path("account", signing_in.account, name="account"),
    path("sign-in/with/<str:host>", code_host_sign_in.leave, name="sign-in-with"),
    path("sign-in/with/<str:host>/back", code_host_sign_in.come_back, name="code-host-back"),
    path("sign-in/installed", code_host_sign_in.installed, name="code-host-installed"),
    path("sign-in/invited/<str:token>", inviting.invited, name="invited"),
    path("sign-in/<str:token>", views.sign_in_by_link, name="sign-in-by-link"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("<slug:team>", views.team, name="team"),
    path("<slug:team>/-/people", inviting.people, name="people"),
    path("<slug:team>/-/people/<int:pk>/withdraw", inviting.withdraw, name="withdraw-invitation"),
    path("<slug:team>/-/code-host", code_host_app.code_host, name="code-host"),
    path("<slug:team>/-/code-host/created", code_host_app.created, name="code-host-created"),
    path("<slug:team>/-/link", linking.choose, name="link"),
    path("<slug:team>/-/link/<str:host>/<int:installation>/<int:number>", linking.one, name="link-one"),
    path("<slug:team>/-/deliveries", ledger.deliveries, name="deliveries"),
    path("<slug:team>/-/deliveries/<int:pk>/replay", ledger.replay, name="replay-delivery"),
    path("<slug:team>/-/tokens", configuring.own_tokens, name="tokens"),
    path("<slug:team>/-/tokens/<int:pk>/revoke", configuring.revoke_token, name="revoke-token"),
    path("<slug:team>/-/audit", configuring.audit, name="audit"),
    path("<slug:team>/<slug:project>", views.project, name="project"),
    path("<slug:team>/<slug:project>/variables", configuring.variables, name="variables"),
    path("<slug:team>/<slug:project>/variables/<int:pk>/remove", configuring.drop_variable, name="remove-variable"),
    path("<slug:team>/<slug:project>/settings", configuring.settings, name="project-settings"),
    path("<slug:team>/<slug:project>/trusted", trusting.policies, name="trusted-deploys"),
    path("<slug:team>/<slug:project>/trusted/<int:pk>/remove", trusting.remove, name="remove-trusted-deploy"),
    path("<slug:team>/<slug:project>/pushes", configuring.pushes, name="pushes"),
    path("<slug:team>/<slug:project>/undo-rollback", views.undo_rollback, name="undo-rollback"),
    path("<slug:team>/<slug:project>/deployments/<str:public_id>", views.deployment, name="deployment"),
    path(
        "<slug:team>/<slug:project>/deployments/<str:public_id>/logs/<slug:stream>.txt", views.log_text, name="log-text"
    ),
    path("<slug:team>/<slug:project>/deployments/<str:public_id>/<slug:verb>", views.act, name="act"),
]
