"""Codes about starting agents, moving routes, and what people ask of deployments."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "agent_exited",
        "The agent ended at its start",
        "Its process was gone before it answered /health.",
        "Its log says why; a missing variable is the usual reason.",
    ),
    Explanation(
        "agent_unhealthy",
        "The agent does not answer",
        "Its process runs, but /health did not answer 200 in time. What served before still serves.",
        "Look at the agent’s log, and at what its plugins do while they start.",
    ),
    Explanation(
        "agent_crashes",
        "The agent ends again and again",
        "It was started anew several times, and ended by itself each time.",
        "Its log says why. Roll back, or push a fix.",
    ),
    Explanation(
        "bundle_corrupt",
        "The bundle is not what was stored",
        "What came from the object store does not have the digest under which it was stored. It was not started.",
        "Redeploy the commit; if it stays, check the store.",
    ),
    Explanation(
        "fork_promoted",
        "A fork’s code does not go to production",
        "It was built without secrets, from a repository that is not the project’s own.",
        "Merge the pull request: the merge is deployed.",
    ),
    Explanation(
        "not_waiting",
        "Nothing waits for an approval",
        "The deployment is no fork’s, or was approved, cancelled or replaced meanwhile.",
        "Reload the page: it says where the deployment stands.",
    ),
    Explanation(
        "commit_not_head",
        "The pull request has a newer commit",
        "An approval holds for one commit; the pull request was pushed to since you looked at it.",
        "Look at the newer commit, and approve that one.",
    ),
    Explanation(
        "no_node",
        "No machine is there for agents",
        "No `dexto-cloud node` has been heard of lately.",
        "Start `dexto-cloud node` on the agents’ machine.",
    ),
    Explanation(
        "node_silent",
        "The node did not start the agent",
        "The node was there, but nothing happened in time.",
        "Look at the node’s log, then redeploy.",
    ),
    Explanation(
        "node_stopping",
        "The node is stopping",
        "The agent was being started while its node was told to stop.",
        "Nothing to do: it is started again with the node.",
    ),
    Explanation(
        "already_current",
        "Production points at it already",
        "There is nothing to move.",
        "Choose an earlier deployment.",
    ),
    Explanation(
        "bundle_expired",
        "The bundle is no longer kept",
        "The deployment is older than what is kept.",
        "Redeploy its commit instead.",
    ),
    Explanation(
        "upload_not_built",
        "What was uploaded is not built here",
        "The bundle was made elsewhere and sent: there is no build here that could run without cache.",
        "Build it anew where it was made, and upload it again.",
    ),
    Explanation(
        "deployment_under_way",
        "The deployment is under way",
        "What is built or released at the moment is not deleted.",
        "Cancel it first, or wait until it has ended.",
    ),
    Explanation(
        "deployment_live",
        "The deployment serves production",
        "People reach it at the production address, all of them or, as a canary, some.",
        "Promote another one, roll back, or end the canary; then delete it.",
    ),
    Explanation(
        "deployment_way_back",
        "The deployment is the way back",
        "A rollback of production would go to it. Without it the next mistake could not be undone.",
        "Delete it once a newer deployment has taken its place.",
    ),
    Explanation(
        "not_production",
        "It was not made for production",
        "It has the variables of another environment.",
        "Promote it instead: that gives it production’s variables.",
    ),
    Explanation(
        "not_ready",
        "The deployment is not ready",
        "Only a deployment that once became ready can be moved to.",
        "Choose one that is ready, or redeploy it.",
    ),
    Explanation(
        "not_active",
        "There is nothing to cancel",
        "The deployment has ended already.",
        "Reload the page.",
    ),
    Explanation(
        "nothing_to_roll_back",
        "There is nothing to go back to",
        "Production never pointed at another deployment that is still ready.",
        "Push a fix instead.",
    ),
    Explanation(
        "secret_revoked",
        "A value was revoked",
        "The deployment was made with a value that has been revoked since, and does not come back.",
        "Set the variable anew and redeploy.",
    ),
)
