"""`dexto-cloud demo`: a sample agent, from `git push` to its URLs."""

from dexto_cloud.demo.model import own_key
from dexto_cloud.demo.walk import in_background

__all__ = ["in_background", "own_key"]
