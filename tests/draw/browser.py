"""A headless Chromium that is asked in real time, over its pipe: no driver, no port, no guess how long a page takes."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# WebGL is drawn by SwiftShader, on the processor: the same on a machine with and without a graphics card.
FLAGS = (
    "--headless --no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --hide-scrollbars --disable-quic "
    "--no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
# What a report's 3-D view says once its first frame is there: how many polygons it drew.
DRAWN = """new Promise(done => {
  const look = () => {
    const {drawn} = document.getElementById("solid")?.dataset ?? {};
    if (drawn) done(drawn); else setTimeout(look, 20);
  };
  look();
})"""
SECONDS = 60  # until a browser that says nothing is given up


class Page:
    """One page of a running browser; ``told`` is what its console said, errors included."""

    def __init__(self, send: IO[bytes], receive: IO[bytes]) -> None:
        self.told: list[str] = []
        self._send, self._receive = send, receive
        self._rest, self._numbers, self._session = b"", itertools.count(1), {}
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Log"):
            self.do(f"{domain}.enable")

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol and return its result."""
        number = next(self._numbers)
        call = {"id": number, "method": method, "params": params, **self._session}
        self._send.write(json.dumps(call).encode() + b"\0")
        while (message := self._message()).get("id") != number:
            self._hear(message)
        assert "error" not in message, message
        return message["result"]

    def look(self, expression: str) -> Any:
        """Return the value of an expression in the page; of a promise, what it comes to."""
        found = self.do("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def open(self, path: Path, *, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Show a file in a window of a size, in pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.do("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.do("Emulation.setEmulatedMedia", features=[scheme])
        self.do("Page.navigate", url=path.as_uri())

    def picture(self, path: Path) -> None:
        """Write what the window shows as PNG."""
        path.write_bytes(base64.b64decode(self.do("Page.captureScreenshot")["data"]))

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._receive], [], [], SECONDS)
            part = self._receive.read(1 << 16) if ready else b""
            assert part, "the browser has ended or does not answer"
            self._rest += part
        first, self._rest = self._rest.split(b"\0", 1)
        return json.loads(first)

    def _hear(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message["method"] == "Runtime.consoleAPICalled":
            self.told.append(" ".join(str(one.get("value")) for one in params["args"]))
        elif message["method"] == "Runtime.exceptionThrown":
            self.told.append(str(params["exceptionDetails"]))
        elif message["method"] == "Log.entryAdded":
            self.told.append(params["entry"]["text"])


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Give a page of a browser whose profile lies in a folder, and end the browser after it."""
    if CHROMIUM is None:
        pytest.fail("this test needs chromium; install it as .ci/run does (apt-get install chromium)")
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    # The pipe's ends are descriptors 3 and 4 of the browser.
    command = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
    arguments = [CHROMIUM, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(
        ["bash", "-c", command, "bash", str(theirs_in), str(theirs_out), *arguments],
        pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs_in)
    os.close(theirs_out)
    with os.fdopen(ours_out, "wb", 0) as send, os.fdopen(ours_in, "rb", 0) as receive:
        try:
            yield Page(send, receive)
        finally:
            process.kill()  # its own processes end with the pipe
            process.wait()
