"""What can go wrong with a code host. Only the first two may pass by themselves."""

from __future__ import annotations

from core.errors import PlatformError, UserError


class CodeHostError(PlatformError):
    """It did not do what it was asked to: it is away, or answered nonsense. Trying again may help."""

    def __init__(self, doing: str, reason: str) -> None:
        super().__init__(
            "code_host_failed",
            f"The code host could not {doing}: {reason}.",
            "It is tried again; the host's status page says whether it has an outage.",
        )


class CodeHostBusyError(PlatformError):
    """A rate limit, primary or secondary: nothing may be asked before `retry_after_seconds` are over."""

    def __init__(self, doing: str, retry_after_seconds: int) -> None:
        super().__init__(
            "code_host_busy",
            f"The code host takes no more requests for {retry_after_seconds} s; it was asked to {doing}.",
            "It is tried again after that time.",
        )
        self.retry_after_seconds = retry_after_seconds


class CodeHostRefusedError(UserError):
    """The credentials do not permit it: revoked, suspended, or without a permission."""

    def __init__(self, doing: str, reason: str) -> None:
        super().__init__(
            "code_host_refused",
            f"The code host refused to {doing}: {reason}.",
            "Look at the app's installation on the code host, and accept the permissions that it asks for.",
        )


class CodeHostMissingError(UserError):
    """There is no such thing, or these credentials may not know of it."""

    def __init__(self, doing: str) -> None:
        super().__init__(
            "code_host_missing",
            f"The code host does not know what it was asked to {doing}.",
            "Look whether it was deleted, or the app's access to the repository was taken away.",
        )


class CodeHostRejectedError(UserError):
    """The request was understood and is not acceptable: the same again would be rejected again."""

    def __init__(self, doing: str, reason: str) -> None:
        super().__init__(
            "code_host_rejected",
            f"The code host rejected the request to {doing}: {reason}.",
            "Start anew what led here; if it stays, report it with this sentence.",
        )
