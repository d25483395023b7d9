"""Who is turned away: foreign hosts and origins, all without the token, long bodies, floods; nothing runs of data."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from foldline.lab.frames import HEAD, joined
from foldline.lab.server import HOST, MOST_BYTES, MOST_PAGES, listening
from foldline.text import json_text

from .lab import running

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture(scope="module")
def guarded() -> Any:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def cookie(guarded: Any) -> str:
    with httpx.Client(base_url=f"http://{HOST}:{guarded.port}") as client:
        entered = client.post("/enter", json={"token": guarded.tokens.token}, headers=own(guarded))
        assert entered.status_code == 204
        return entered.headers["set-cookie"]


def own(lab: Any) -> dict[str, str]:
    return {"origin": f"http://{HOST}:{lab.port}"}


def ask(lab: Any, method: str, path: str, **how: Any) -> httpx.Response:
    with httpx.Client(base_url=f"http://{HOST}:{lab.port}") as client:
        return client.request(method, path, **how)


def channel(lab: Any, cookie: str, **headers: str) -> Any:
    origin = headers.pop("origin", own(lab)["origin"])
    return connect(f"ws://{HOST}:{lab.port}/socket", origin=origin,
                   additional_headers={"cookie": cookie.split(";")[0], **headers})  # fmt: skip


def test_it_listens_on_this_machine_alone() -> None:
    at = listening(0)
    assert at.getsockname()[0] == "127.0.0.1"
    at.close()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:{port}", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_foreign_host_is_refused_on_every_method(guarded: Any, method: str, host: str) -> None:
    found = ask(guarded, method, "/", headers={"host": host.format(port=guarded.port), **own(guarded)})
    assert found.status_code in (400, 421)


@pytest.mark.parametrize("method", [method for method in METHODS if method not in ("GET", "HEAD")])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
def test_a_foreign_origin_is_refused_on_every_method_that_writes(guarded: Any, method: str, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    assert ask(guarded, method, "/enter", headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/", "/static/lab.css", "/nothing"])
def test_a_foreign_origin_reads_nothing_and_no_header_lets_it(guarded: Any, path: str) -> None:
    assert ask(guarded, "GET", path, headers={"origin": "http://evil.example"}).status_code == 403
    found = ask(guarded, "GET", path)
    assert not [name for name in found.headers if name.startswith("access-control-")]
    assert found.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert "unsafe" not in found.headers["content-security-policy"]
    assert found.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/upload", "/file/0", "/socket"])
def test_what_holds_data_needs_the_cookie_on_every_method(guarded: Any, method: str, path: str) -> None:
    assert ask(guarded, method, path, headers=own(guarded)).status_code == 401
    wrong = {"cookie": f"{guarded.guard.cookie}=wrong"}
    assert ask(guarded, method, path, headers=own(guarded) | wrong).status_code == 401


@pytest.mark.parametrize("wrong", ["", "wrong"])
def test_a_websocket_without_the_cookie_is_refused(guarded: Any, wrong: str) -> None:
    with pytest.raises(InvalidStatus, match="403"), channel(guarded, f"{guarded.guard.cookie}={wrong}"):
        pass


def test_a_websocket_from_elsewhere_is_refused(guarded: Any, cookie: str) -> None:
    for origin in ("http://evil.example", "null", None):
        with pytest.raises(InvalidStatus, match="403"), channel(guarded, cookie, origin=origin):
            pass
    with socket.create_connection((HOST, guarded.port)) as raw:
        raw.sendall(
            f"GET /socket HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nCookie: {cookie}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert b" 403 " in raw.recv(200).split(b"\r\n")[0]


def test_the_token_is_long_works_once_and_its_cookie_stays_here(cookie: str, guarded: Any) -> None:
    assert len(guarded.tokens.token) >= 43  # 256 bits, six each
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    for token in (guarded.tokens.token, "", "x" * 43, "é", None, 7, ["a"]):
        assert ask(guarded, "POST", "/enter", json={"token": token}, headers=own(guarded)).status_code == 403
    assert ask(guarded, "POST", "/enter", content=b"\xff", headers=own(guarded)).status_code == 403


def test_a_body_that_is_too_long_is_refused_told_or_not(guarded: Any) -> None:
    long = b"x" * (MOST_BYTES + 1)
    assert ask(guarded, "POST", "/enter", content=long, headers=own(guarded)).status_code == 413
    chunks = (long[k : k + 2**20] for k in range(0, len(long), 2**20))
    try:
        assert ask(guarded, "POST", "/enter", content=chunks, headers=own(guarded)).status_code >= 400
    except httpx.HTTPError:
        pass  # the connection was cut


@pytest.mark.parametrize(
    "path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static//etc/passwd",
             "/..%2f..%2fetc%2fpasswd", "/static/%00", "/static/..\\server.py", "/nothing.html"],
)  # fmt: skip
def test_paths_lead_nowhere(guarded: Any, path: str) -> None:
    with socket.create_connection((HOST, guarded.port)) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{guarded.port}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.split(b" ")[1] in (b"404", b"400", b"405") and b"import" not in answer and b"root:" not in answer


def unpacked_id(frame: bytes) -> int:
    """The number of the question that a frame answers."""
    size = HEAD.unpack_from(frame)[0]
    arrays = HEAD.unpack_from(frame)[1]
    return int(json.loads(frame[HEAD.size + 4 * arrays :][:size])["id"])


def test_of_a_flood_few_are_worked_on_and_each_is_answered_once(guarded: Any, cookie: str) -> None:
    with channel(guarded, cookie) as page:
        for k in range(500):
            page.send(joined([json_text({"kind": "ask", "id": k, "slug": "line", "state": {"seed": k}}).encode()]))
        seen = []
        while not seen or b'"id":499' not in seen[-1][:10000]:
            seen.append(page.recv(timeout=60))
    ids = [unpacked_id(one) for one in seen]
    assert sorted(ids) == list(range(500))
    assert len([one for one in seen if b'"stopped"' not in one[:64]]) < 250


def test_only_so_many_pages_are_open_at_once(guarded: Any, cookie: str) -> None:
    with ExitStack() as pages:
        for _ in range(MOST_PAGES):
            pages.enter_context(channel(guarded, cookie))
        with pytest.raises((InvalidStatus, ConnectionClosed)), channel(guarded, cookie) as page:
            page.recv(timeout=10)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            with channel(guarded, cookie) as page:
                page.send(joined([b'{"kind":"ask","id":1,"slug":"line"}']))
                assert b"told" in page.recv(timeout=10)
            return
        except (InvalidStatus, ConnectionClosed):
            time.sleep(0.05)
    raise AssertionError("closed pages still count")


@pytest.mark.parametrize(
    "frame",
    [b"", b"\x00", b"\xff" * 40, joined([b"[]"]), joined([b"{"]), joined([b"[" * 100_000]), joined([b'{"kind":7}']),
     joined([b'{"kind":"ask"}']), joined([b'{"kind":"ask","slug":"line","state":{"phi":"x"}}']),
     joined([b'{"kind":"ask","slug":"line","state":{},"deed":{"drag":"xy:points.99","to":[0,0]}}']),
     joined([b'{"kind":"ask","slug":"line","deed":{"drag":"xy:__class__.x","to":[0,0]}}']),
     joined([b'{"kind":"ask","slug":"../server"}'])],
)  # fmt: skip
def test_a_message_that_is_none_is_told_so_and_the_channel_lives(guarded: Any, cookie: str, frame: bytes) -> None:
    with channel(guarded, cookie) as page:
        page.send(frame)
        assert b'"kind":"error"' in page.recv(timeout=10)
        page.send(joined([b'{"kind":"ask","id":5,"slug":"line"}']))
        assert b'"kind":"told"' in page.recv(timeout=10)
