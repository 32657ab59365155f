"""What agents that are served here did, minute by minute: written by nodes, read by pages, API and command."""
