"""Every command of the README works as printed, against a running demo."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    block
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    if "curl" in block
]
PATIENCE = 30


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Start the demo on a free port; yield where it runs, and its folder."""
    data = tmp_path_factory.mktemp("readme") / "data"
    running = data.with_name("data-demo") / "running.json"
    with subprocess.Popen(
        [sys.executable, "-m", "api", "demo", "--port", "0", "--quiet"],
        cwd=ROOT,
        env={**os.environ, "DATA_FOLDER": str(data)},
    ) as demo:
        try:
            patience = time.monotonic() + PATIENCE
            while not running.exists():
                assert demo.poll() is None, "The demo ended at once."
                assert time.monotonic() < patience, "The demo did not start."
                time.sleep(0.05)
            url = json.loads(running.read_text())["url"]
            yield url.removesuffix("/graphql"), running.parent
        finally:
            demo.terminate()


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=["front end", "participant", "proposer", "data", "moderator"]
)
def test_an_example_works_as_printed(example: str, address: tuple[str, Path]) -> None:
    if not shutil.which("curl"):
        pytest.skip("needs curl")
    url, folder = address
    script = (
        example.replace("http://127.0.0.1:8000", url)
        .replace(".data-demo", str(folder))
        .replace(".venv/bin/python", sys.executable)
        .replace("--max-time 10", "--max-time 4")
    )
    answer = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert '"data"' in answer
    assert '"errors"' not in answer
    assert '"message"' not in answer
    if "subscription" in example:
        assert "ActivitySnapshot" in answer
        assert "ActivityEvent" in answer


def test_there_is_an_example_for_each_kind_of_user() -> None:
    assert len(EXAMPLES) == 5
