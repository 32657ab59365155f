"""Telling people and programs what happens: by e-mail, in a chat, or to a signed webhook.

`happenings` records what happened where somebody listens, `listening` writes a row for each target, `telling` sends.
"""
