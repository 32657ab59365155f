"""How Cloudflare answers."""

from __future__ import annotations

from typing import Any

from tests.fakes.vendor import Answer, RefusalError

ROOT = "/client/v4"


def ok(result: Any, **more: Any) -> Answer:
    return Answer({"success": True, "errors": [], "messages": [], "result": result, **more})


def listed(found: list[Any], page: int = 1) -> Answer:
    info = {"page": page, "per_page": 50, "count": len(found), "total_count": len(found), "total_pages": 1}
    return ok(found if page == 1 else [], result_info=info)


def failed(code: int, message: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}


def refused(status: int, code: int, message: str) -> RefusalError:
    return RefusalError(status, failed(code, message))
