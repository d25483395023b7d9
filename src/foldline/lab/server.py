"""The lab's server: the shell and its files, the exchange of the token, and one WebSocket a page."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..errors import InputError
from ..lecture.live.view import View
from ..lecture.questions import QUESTIONS
from .answers import WORKS
from .desk import Desk, executor
from .frames import packed, unpacked
from .guard import Guard, Tokens
from .playground import Playground
from .shell import OTHERS, PAGE, SOLID, shell
from .viewer import Viewer, open_path

HOST = "127.0.0.1"
MOST_BYTES = 8 * 2**20  # of a body, and of a frame
MOST_PAGES = 32  # open at once
HEAD = (
    '<link rel="icon" href="/static/icon.svg"><link rel="stylesheet" href="/static/lab.css">'
    '<script type="module" src="/static/boot.js"></script>'
)
SLUGS = {one.slug for one in QUESTIONS} | set(OTHERS)


class Lab:
    """A lab on a port of this machine; ``app`` is what a server runs."""

    def __init__(self, port: int, works: Mapping[str, Any] = WORKS, *, view: View | None = None) -> None:
        self.port, self.tokens = port, Tokens()
        self._works, self._view = dict(works), view
        self._executor = executor(max(2, os.cpu_count() or 2))
        self._open = 0
        routes = [
            Route("/", self._page), Route("/enter", self._enter, methods=["POST"]),
            WebSocketRoute("/socket", self._socket), Route("/static/core/solid.js", _solid),
            Route("/{slug}", self._page),
        ]  # fmt: skip
        inner = Starlette(routes=routes)
        inner.mount("/static", StaticFiles(directory=str(PAGE)))
        self.guard = Guard(inner, self.tokens, port, most_bytes=MOST_BYTES, closed=("/socket", "/upload", "/file"))
        self.app = self.guard

    @property
    def url(self) -> str:
        """The address with the token, for the first browser that opens it."""
        return f"http://{HOST}:{self.port}/{'viewer' if self._view else ''}#token={self.tokens.token}"

    async def _page(self, request: Request) -> Response:
        slug = request.path_params.get("slug", "index")
        if slug not in SLUGS:
            return PlainTextResponse("foldline lab has no such page", 404)
        return HTMLResponse(shell(slug, head=HEAD))

    async def _enter(self, request: Request) -> Response:
        try:
            token = json.loads(await request.body())["token"]
        except (ValueError, KeyError, TypeError):
            token = ""
        cookie = self.tokens.exchange(token) if isinstance(token, str) else None
        if cookie is None:
            return PlainTextResponse("this token is not, or no more, the lab's", 403)
        answer = Response(status_code=204)
        answer.set_cookie(self.guard.cookie, cookie, httponly=True, samesite="strict", path="/")
        return answer

    async def _socket(self, channel: WebSocket) -> None:
        if self._open >= MOST_PAGES:
            await channel.close(1013, "too many pages are open")
            return
        await channel.accept()
        self._open += 1
        loop, outbox = asyncio.get_running_loop(), asyncio.Queue[bytes]()

        def send(message: dict[str, Any]) -> None:
            frame = packed(message)
            with suppress(RuntimeError):  # the page and its loop are gone
                loop.call_soon_threadsafe(outbox.put_nowait, frame)

        desk = Desk(self._works | Playground().works | Viewer(self._view).works, send, self._executor)
        writer = asyncio.create_task(_write(channel, outbox))
        try:
            await _read(channel, desk, send)
        finally:
            self._open -= 1
            desk.close()
            writer.cancel()


async def _solid(request: Request) -> Response:
    """The 3-D view is the report's, from where it lies."""
    return Response(SOLID.read_text(), media_type="text/javascript")


async def _write(channel: WebSocket, outbox: asyncio.Queue[bytes]) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await channel.send_bytes(await outbox.get())


async def _read(channel: WebSocket, desk: Desk, send: Callable[[dict[str, Any]], None]) -> None:
    while True:
        event = await channel.receive()
        if event["type"] == "websocket.disconnect":
            return
        try:
            desk.take(unpacked(event.get("bytes") or b""))
        except InputError as error:
            send({"kind": "error", "id": None, "text": str(error)})


def listening(port: int) -> socket.socket:
    """Return a socket that listens on this machine alone; port 0 takes a free one.

    raises   InputError if the port is taken
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except (OSError, OverflowError) as error:
        made.close()
        raise InputError(f"lab needs a free port; got {port} ({error}). Leave --port out to take any.") from None
    made.listen(128)
    return made


def run(port: int, opened: Path | None, started: Callable[[str], object]) -> None:
    """Serve a lab until it is interrupted; ``started`` gets its address once it answers."""
    view = open_path(opened) if opened else None
    at = listening(port)
    lab = Lab(at.getsockname()[1], view=view)
    serve(lab, at, started=lambda: started(lab.url)).run([at])


def serve(lab: Lab, at: socket.socket, *, started: Callable[[], object] | None = None) -> uvicorn.Server:
    """Return the server of a lab; its ``run`` lasts until it is told to end."""
    # Frames go as they are: on one machine, deflating them takes longer than what it saves. No pings: the system tells
    # when the browser is gone, and a machine that slept would lose its pages to them.
    config = uvicorn.Config(lab.app, log_level="error", ws="websockets-sansio", ws_max_size=MOST_BYTES, lifespan="off",
                            server_header=False, date_header=False, timeout_graceful_shutdown=1,
                            ws_per_message_deflate=False, ws_ping_interval=None)  # fmt: skip
    server = _Server(config)
    server.started_call = started
    server.sockets_given = [at]
    return server


class _Server(uvicorn.Server):
    started_call: Callable[[], object] | None = None
    sockets_given: list[socket.socket]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started_call:
            self.started_call()
