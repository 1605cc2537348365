"""One hash of many files: whether anything was made of what stands here now."""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path


def made_of(root: Path, folders: Iterable[str], files: Iterable[str], settings: Iterable[str] = ()) -> str:
    """Return a hash of Python's version, the settings, and every file in `folders` and of `files`."""
    paths = [path for folder in folders for path in (root / folder).rglob("*") if path.is_file()]
    paths += [path for name in files if (path := root / name).is_file()]
    found = hashlib.sha256(sys.version.encode())
    for setting in settings:
        found.update(f"{setting}\n".encode())
    for path in sorted(paths):
        if not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
            found.update(f"{path.relative_to(root)}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
