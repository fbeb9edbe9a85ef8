"""Lock what is installed, with hashes and without index addresses: what `make lock` runs (needs uv)."""

from __future__ import annotations

import shutil
import subprocess
import sys

OPTIONS = (
    "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
    "--no-emit-find-links", "--no-header", "--no-strip-extras", "--no-annotate",
)  # fmt: skip


def main() -> int:
    """Write requirements.lock and requirements-test.lock; returns uv's exit code."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is missing: pip install uv", file=sys.stderr)
        return 1
    compile_ = [uv, "pip", "compile", *OPTIONS, "pyproject.toml"]
    test = ["--extra", "test", "-c", "requirements.lock", "-o", "requirements-test.lock"]
    return subprocess.call([*compile_, "-o", "requirements.lock"]) or subprocess.call(
        [*compile_, *test]
    )


if __name__ == "__main__":
    raise SystemExit(main())
