"""Platforms elsewhere as this installation uses them: accounts, services, releases, moves, and what is left to tidy."""
