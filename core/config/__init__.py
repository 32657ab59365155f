"""The shape of the files that a person writes: agent.yml in every generation, deployment.yml, the registry.

Models say what may be written, not what it means on a target (core.portability) or whether names that point
elsewhere hit (core.references). A value such as `$OPENAI_API_KEY` stays as it is written.
"""
