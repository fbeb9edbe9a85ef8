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
    return _hash_of(root, root.parent / "data_quality", project_folder())


@cache
def project_hash() -> str:
    """A hash over the dbt project: what it is parsed to changes with it alone."""
    from pipelines.transform.models import project_folder

    return _hash_of(project_folder())


def _hash_of(*folders: Path) -> str:
    digest = hashlib.sha256()
    for folder in folders:
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
