from django.urls import path

from api import cloud_agents

urlpatterns = [
    path("deploy", cloud_agents.Deploy.as_view()),
    path("list", cloud_agents.Agents.as_view()),
    path("<slug:slug>", cloud_agents.OneAgent.as_view()),
    path("<slug:slug>/stop", cloud_agents.Stop.as_view()),
]
