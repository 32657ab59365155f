"""Cloudflare on this machine: its API over a real socket, R2 by a real S3 server, Workers that workerd really runs.

What it leaves out: versions that share the traffic do not share their Durable Objects, as two workerd cannot open one
folder; the version with the most traffic has the Worker's, the others begin with none. What an agent writes to R2 stays
in its process; what was uploaded to the bucket before it started is there.
"""
