"""Real programs open what is written: Chromium the page, LibreOffice the workbook."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from pipelines.report.facts import CompanyFacts
from pipelines.report.page import render_html
from pipelines.report.workbook import write_workbook


@pytest.mark.component
@pytest.mark.timeout(180)
def test_chromium_draws_the_page(release_file: Path, company: CompanyFacts, tmp_path: Path) -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed")
    page = render_html(release_file, tmp_path / "p.html", language="zh", company=company)
    picture = tmp_path / "page.png"
    subprocess.run(
        [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1200,900",
         f"--screenshot={picture}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    head = picture.read_bytes()[:24]
    assert struct.unpack(">II", head[16:24]) == (1200, 900)
    # A blank page of this size packs into a few thousand bytes.
    assert picture.stat().st_size > 40_000


@pytest.mark.component
@pytest.mark.timeout(240)
def test_libreoffice_opens_the_workbook(
    release_file: Path, company: CompanyFacts, tmp_path: Path
) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    book = write_workbook(release_file, tmp_path / "report.xlsx", company=company)
    done = subprocess.run(
        [program, f"-env:UserInstallation={(tmp_path / 'office').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(book)],
        check=True, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert (tmp_path / "report.pdf").read_bytes()[:5] == b"%PDF-"
    assert "error" not in (done.stdout + done.stderr).lower()
