"""What the edge cannot answer by a link: agents that sleep, hosts that nobody has, deployments that are gone."""
