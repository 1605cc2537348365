"""Whose file is it? The files of a class, in whatever form a learning platform hands them out.

Platforms put the student into the name of the file or of a folder; a class may also have named its files
itself. ZIP archives are opened, also one in another. Nothing is unpacked onto the disk.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

LARGEST = 50 * 2**20  # bytes of one file; a notebook of this book with its outputs has less than one million
CLASS = 20 * LARGEST  # bytes of the archive of a whole class
DEEPEST = 3  # archives within archives
IGNORED = ("__MACOSX", ".ipynb_checkpoints", ".git", ".venv")

# What stands for the student, `who`, in a path with `/` between folders; `{file}` is the assignment with what
# browsers, Colab and Drive put around it. The first that fits counts.
FILE = r"(?:Copy of )*{name}[^/]*\.(?:ipynb|json|txt)"
PATTERNS = {
    "Moodle": r"(?:^|/)(?P<who>[^/]+?)_\d+_assignsubmission_file_?(?:/.*)?",
    "Blackboard": r"(?:^|/)[^/]*?_(?P<who>[^/_]+)_attempt_(?P<when>[\d-]{{19}})[^/]*$",
    "Canvas": r"(?:^|/)(?P<who>[^/_]+)(?:_LATE)?_\d+_\d+_[^/]*$",
    "Brightspace": r"(?:^|/)\d+-\d+ - (?P<who>[^/]+?) ?- (?P<when>[^/]*\d{{4}}[^/]*?)(?:/.*| - [^/]*)$",
    "Gradescope": r"(?:^|/)(?P<who>submission_\d+)/.*",
    "Google Classroom": r"(?:^|/)(?P<who>[^/]+?) - {file}$",
    "own names": r"(?:^|/)(?P<who>[^/_]+)_{file}$",
    "GitHub Classroom": r"(?:^|/){slug}-(?P<who>[^/]+)/(?:.*/)?{file}$",
    "a folder for each": r"(?:^|/)(?P<who>[^/]+)/{file}$",
}


@dataclass(frozen=True)
class HandIn:
    """One file that was handed in."""

    path: str  # below the folder of the class, archives included: `all.zip/ada/04_r1_zero.ipynb`
    data: bytes
    modified: float  # seconds since 1970, of the file or as its archive says

    def who(self, assignment: str) -> str:
        """The student, as the platform writes it; "" where the path does not tell."""
        found = match(self.path, assignment)
        return found["who"].strip() if found else ""

    def age(self, assignment: str) -> tuple[float, int, float]:
        """Of two files of one student the larger is the newer: by a time in the name, a number, the clock."""
        found = match(self.path, assignment)
        when = (found.groupdict().get("when") or "") if found else ""
        number = re.search(r"(?: \((\d+)\)|-(\d+))\.\w+$", self.path)
        return stated(when), int((number[1] or number[2]) if number else 0), self.modified


def stated(when: str) -> float:
    """The time that a name states, in seconds; 0 where it states none that can be read."""
    colon = re.sub(r"(\d{1,2})(\d\d) ([AP]M)$", r"\1:\2 \3", when)  # Brightspace writes 505 PM
    for form in ("%Y-%m-%d-%H-%M-%S", "%b %d, %Y %I:%M %p"):
        try:
            return datetime.strptime(colon, form).timestamp()
        except ValueError:
            continue
    return 0.0


def match(path: str, assignment: str) -> re.Match[str] | None:
    """How the path names a student, by the first pattern that fits."""
    name = re.escape(assignment)
    file = FILE.format(name=name)
    slug = re.escape(assignment.replace("_", "-"))
    for pattern in PATTERNS.values():
        if found := re.search(pattern.format(name=name, file=file, slug=slug), path, re.IGNORECASE):
            return found
    return None


def hand_ins(folder: Path) -> Iterator[HandIn | str]:
    """Every file below `folder`, archives opened; a sentence for each that cannot be opened."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if ignored(name):
            continue
        size = path.stat().st_size
        if size > (CLASS if zipfile.is_zipfile(path) else LARGEST):
            yield too_large(name)
            continue
        yield from opened(name, path.read_bytes(), path.stat().st_mtime, 0)


def opened(name: str, data: bytes, modified: float, depth: int) -> Iterator[HandIn | str]:
    """The file itself, or what the archive holds."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        if name.lower().endswith((".zip", ".rar", ".7z", ".tar", ".gz")):
            yield cannot_open(name)
        else:
            yield HandIn(name, data, modified)
        return
    if depth == DEEPEST:
        yield f"{name}: an archive in an archive in an archive. Fix: unpack it by hand."
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        yield cannot_open(name)
        return
    for item in archive.infolist():
        inside = f"{name}/{item.filename}"
        if item.is_dir() or ignored(item.filename):
            continue
        if item.file_size > LARGEST:
            yield too_large(inside)
            continue
        try:
            content = archive.read(item)
        except (RuntimeError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
            yield f"{inside}: cannot be unpacked ({error}). Fix: unpack it by hand, or ask for it again."
            continue
        try:
            clock = datetime(*item.date_time).timestamp()
        except ValueError:  # some programs write month 0
            clock = 0.0
        yield from opened(inside, content, clock, depth + 1)


def ignored(name: str) -> bool:
    """Whether the file is one that a machine leaves, no student's."""
    parts = PurePosixPath(name).parts
    return any(part in IGNORED for part in parts) or parts[-1].startswith("._")


def too_large(name: str) -> str:
    """The sentence on a file that is not read."""
    return f"{name}: larger than {LARGEST // 2**20} MB, not read. Fix: ask for it without outputs."


def cannot_open(name: str) -> str:
    """The sentence on an archive that is damaged, or of another kind."""
    return f"{name}: an archive that cannot be opened. Fix: unpack it by hand, or ask for it again."
