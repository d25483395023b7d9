"""Who may ask the lab: this machine, under its own name, with the token that was handed over when it started."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

HOSTS = ("127.0.0.1", "localhost", "[::1]")
COOKIE = "foldline-lab"
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
HEADERS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}  # fmt: skip
FORBIDDEN = 4403  # of a WebSocket that is turned away


class Tokens:
    """One token, handed over once: 256 bits, which the first browser exchanges for a cookie of as many."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self._spent = False

    def exchange(self, token: str) -> str | None:
        """Return the cookie for the token the first time, else None."""
        if self._spent or not hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        self._spent = True
        return self._cookie

    def holds(self, cookie: str | None) -> bool:
        """Whether a browser has the cookie."""
        return cookie is not None and hmac.compare_digest(cookie.encode(), self._cookie.encode())


def cookie_of(headers: Headers, name: str) -> str | None:
    """Return a cookie of a request."""
    try:
        jar: SimpleCookie = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    return jar[name].value if name in jar else None


class Guard:
    """Turns away foreign hosts and origins, requests without the cookie, and bodies that are too long.

    open_paths   what is served to anyone who comes by the right host: the shell and its files, which hold no data
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, port: int, *, most_bytes: int, closed: Iterable[str]) -> None:
        self._app, self._tokens, self._port, self._most = app, tokens, port, most_bytes
        self._closed = tuple(closed)
        self.cookie = f"{COOKIE}-{port}"  # cookies do not know of ports: two labs would share one

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        status, text = self._refusal(scope)
        if status and scope["type"] == "websocket":
            await WebSocketClose(FORBIDDEN, text)(scope, receive, send)
        elif status:
            await PlainTextResponse(text, status, HEADERS)(scope, receive, send)
        else:
            await self._app(scope, _limited(receive, self._most), _headed(send))

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        """A status and its reason; 0 for what may pass."""
        headers = Headers(scope=scope)
        hosts = {f"{host}:{self._port}" for host in HOSTS}
        if headers.getlist("host") != [headers.get("host")] or headers.get("host") not in hosts:
            return 421, "foldline lab answers to its own address only"
        origin = headers.get("origin")
        writes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if (origin is not None or writes) and origin != f"http://{headers['host']}":
            return 403, "foldline lab answers its own pages only"
        if scope["path"].startswith(self._closed) and not self._tokens.holds(cookie_of(headers, self.cookie)):
            return 401, "foldline lab needs its token: open the address that it printed"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._most:
            return 413, f"foldline lab takes up to {self._most} bytes"
        return 0, ""


def _limited(receive: Receive, most: int) -> Receive:
    """Bodies without a length are counted as they come."""
    seen = 0

    async def read() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most:
                return {"type": "http.disconnect"}
        return message

    return read


def _headed(send: Send) -> Send:
    async def write(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return write
