from django.urls import path, re_path

from api import cloud_agents

urlpatterns = [
    path("deploy", cloud_agents.Deploy.as_view()),
    path("list", cloud_agents.Agents.as_view()),
    path("<slug:slug>", cloud_agents.OneAgent.as_view()),
    path("<slug:slug>/stop", cloud_agents.Stop.as_view()),
    re_path(r"[\s\S]*", cloud_agents.Unknown.as_view()),
]
