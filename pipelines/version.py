"""Which version of the product this is: its number, and a hash of its own code."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

VERSION = "0.1.0"


@cache
def code_hash() -> str:
    """A hash over the product's own code: other code may build other marts from the same lake."""
    from pipelines.transform.models import project_folder

    root = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for folder in (root, root.parent / "data_quality", project_folder()):
        for file in sorted(folder.rglob("*")):
            skipped = {"target", "logs", "__pycache__"} & set(file.relative_to(folder).parts)
            if (
                file.suffix in (".py", ".sql", ".yml", ".csv", ".jinja", ".html", ".css")
                and not skipped
            ):
                digest.update(f"{file.relative_to(folder.parent)}\n".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def code_version() -> str:
    """The product's version with the hash of its code."""
    return f"{VERSION}+{code_hash()}"
