"""What every answer of the page carries: what a browser may do with it, and cookies that stay at home."""

from __future__ import annotations

import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Message, Scope, Send

COOKIE = "kandinsky-bot"
YEAR_S = 365 * 24 * 3600
# Gradio calls the page's scripts by `new Function`, and lays everything out by styles in the page.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# Gradio's own cookies are sent along from other sites; the second is for pages without https.
LOGIN_COOKIE, OPEN_LOGIN_COOKIE = "access-token-", "access-token-unsecure-"


def hardened(scope: Scope, send: Send, nonce: str) -> Send:
    """Return a `send` that adds the headers and mends the cookies; `nonce` marks the page's own scripts."""
    cookie = _cookie(scope)
    policy = POLICY.format(scripts=f"'nonce-{nonce}'")

    async def send_hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update({**HEADERS, "content-security-policy": policy})
            headers.setdefault("cache-control", "private")
            _mend_cookies(headers, scope)
            if cookie:
                headers.append("set-cookie", cookie)
        await send(message)

    return send_hardened


def _cookie(scope: Scope) -> str:
    """Write the cookie that tells one browser from another, for one that opens the page without it."""
    if scope["path"] != "/" or COOKIE in HTTPConnection(scope).cookies:
        return ""
    secure = "; Secure" if scope["scheme"] == "https" else ""
    return f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax{secure}"


def _mend_cookies(headers: MutableHeaders, scope: Scope) -> None:
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        if not cookie.startswith(LOGIN_COOKIE):
            headers.append("set-cookie", cookie)
        elif scope["scheme"] != "https" or not cookie.startswith(OPEN_LOGIN_COOKIE):
            parts = [part for part in cookie.split("; ") if not part.lower().startswith("samesite=")]
            headers.append("set-cookie", "; ".join([*parts, "SameSite=Lax"]))
