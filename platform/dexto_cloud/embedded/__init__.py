"""Everything on one machine: the engines from wheels, our own processes, and who keeps them running.

Nothing in here imports Django: it gives the processes that do their environment.
"""
