"""Make docs/elephant.png from out/elephant/report.html: run ``make demo`` first; needs Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.draw.browser import DRAWN, browser  # noqa: E402

ONLY_THE_VIEW = (
    "<style>header, footer, .bar, .hint, section, .columns { display: none !important } "
    "body { padding: 0; max-width: none } figure { margin: 0 } .stage { height: 100vh; max-height: none; "
    "border-radius: 0 }"
    "</style></head>"
)


def main() -> None:
    page = (ROOT / "out/elephant/report.html").read_text().replace("</head>", ONLY_THE_VIEW, 1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        view = Path(folder) / "view.html"
        view.write_text(page)
        with browser(Path(folder) / "profile") as shown:
            shown.open(view, width=1000, height=640)
            shown.look(DRAWN)
            shown.picture(ROOT / "docs/elephant.png")


if __name__ == "__main__":
    main()
