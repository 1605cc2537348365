"""A copy of the built site, ready for any host that serves files: `make publish DEST=folder`.

`make book` has built it with BOOK_SITE_URL, the address at which the copy will stand: its notebooks install
the wheel that stands beside them, its pages name that address, and nothing needs to be built on the host. The
folder is replaced as a whole or left as it was; wheels of former releases stay in it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tools.build import ROOT

MARK = "made-of.txt"  # stands in every built site


class NotPublished(RuntimeError):
    """The site cannot be copied there; the message says what to do."""


def publish(site: Path, target: Path, url: str) -> int:
    """Replace the folder `target` with a copy of `site`; returns how many files it has.

    Raises NotPublished if there is no site, if it was built for another address, or if the folder holds
    something that is no site.
    """
    if not (site / MARK).is_file():
        raise NotPublished(f"{site} is no built site. Fix: make book")
    if not url.startswith(("https://", "http://")):
        raise NotPublished(
            "The notebooks must know where the site will stand. Fix: make publish DEST=folder "
            "BOOK_SITE_URL=https://name.github.io/book"
        )
    address = f"{url.rstrip('/')}/"
    sitemap = site / "sitemap.xml"
    if not sitemap.is_file() or f"<loc>{address}" not in sitemap.read_text(encoding="utf8"):
        raise NotPublished(f"The site was not built for {address} Fix: make book BOOK_SITE_URL={address}")
    if target.exists() and not ((target / MARK).is_file() or not any(target.iterdir())):
        raise NotPublished(f"{target} holds something that is no site. Fix: name an empty folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".publish-") as beside:
        copy, old = Path(beside) / "new", Path(beside) / "old"
        shutil.copytree(site, copy)
        (copy / ".nojekyll").touch()  # GitHub's pages leave out folders with an underscore otherwise
        for wheel in (target / "wheels").glob("*.whl"):  # notebooks of former releases install theirs
            if not (copy / "wheels" / wheel.name).exists():
                (copy / "wheels").mkdir(exist_ok=True)
                shutil.copy2(wheel, copy / "wheels")
        if target.exists():
            target.rename(old)
        copy.rename(target)
    return sum(path.is_file() for path in target.rglob("*"))


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.publish", description=__doc__)
    parser.add_argument("target", type=Path, help="folder that becomes the site")
    target = parser.parse_args(arguments).target
    try:
        count = publish(ROOT / "_build" / "html", target.absolute(), os.environ.get("BOOK_SITE_URL", ""))
    except NotPublished as error:
        print(f"make publish: {error}", file=sys.stderr)
        return 1
    print(f"{count} files in {target}: serve this folder at {os.environ['BOOK_SITE_URL']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
