"""A machine that runs agents: makes its processes and its links agree with what the rows want."""
