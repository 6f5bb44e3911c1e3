"""The refusals of the Bot API, in its own words."""

from typing import Any


class ApiError(Exception):
    """A refusal that becomes an HTTP status and a JSON body."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """Return the JSON body that the Bot API sends with this refusal."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(reason: str, **parameters: Any) -> ApiError:
    """Return a 400 whose description starts as Telegram's does."""
    return ApiError(400, f"Bad Request: {reason}", **parameters)


def forbidden(reason: str) -> ApiError:
    """Return a 403 whose description starts as Telegram's does."""
    return ApiError(403, f"Forbidden: {reason}")


def too_many_requests(retry_after_s: int) -> ApiError:
    """Return a 429 that names the seconds to wait."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after_s}", retry_after=retry_after_s)


def migrated(chat_id: int) -> ApiError:
    """Return the 400 that a group gives once it has become a supergroup."""
    return bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat_id)
