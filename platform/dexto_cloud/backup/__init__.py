"""Backups: the database, the objects that it names, the repositories and the agents' memories, in one archive."""
