"""Make docs/elephant.png from out/elephant/report.html: run ``make demo`` first; needs Chromium."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --use-angle=swiftshader --enable-unsafe-swiftshader --hide-scrollbars "
    "--virtual-time-budget=4000 --window-size=1000,640"
).split()
ONLY_THE_VIEW = (
    "<style>header, footer, .bar, .hint, section, .columns { display: none !important } "
    "body { padding: 0; max-width: none } figure { margin: 0 } .stage { height: 100vh; max-height: none; "
    "border-radius: 0 }"
    "</style></head>"
)


def main() -> None:
    page = (ROOT / "out/elephant/report.html").read_text().replace("</head>", ONLY_THE_VIEW, 1)
    with tempfile.TemporaryDirectory() as folder:
        view = Path(folder) / "view.html"
        view.write_text(page)
        out = f"--screenshot={ROOT / 'docs/elephant.png'}"
        subprocess.run(["chromium", *FLAGS, f"--user-data-dir={folder}/profile", out, view.as_uri()], check=True)


if __name__ == "__main__":
    main()
