"""The command line: what cannot be done is said in a sentence, and never as a traceback."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from api.__main__ import main
from tests.conftest import Server


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Run a command with settings; return its status and what it wrote."""

    def command(*words: str, **settings: str) -> tuple[int, str, str]:
        monkeypatch.setenv("DATA_FOLDER", str(tmp_path / "data"))
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        status = main(list(words))
        written = capsys.readouterr()
        return status, written.out, written.err

    return command


Run = Callable[..., tuple[int, str, str]]


def test_an_installation_is_made_and_gives_out_tokens(run: Run) -> None:
    made = run("init", "--name", "Ada Example", "--email", "ada@example.org")
    again = run("init", "--name", "Ada Example", "--email", "ada@example.org")
    token = run("token", "ADA@example.org")
    nobody = run("token", "nobody@example.org")

    assert made[0] == again[0] == 0
    assert token[0] == 0
    assert token[1].count(".") == 2
    assert nobody[:2] == (2, "")
    assert "no person with the address nobody@example.org" in nobody[2]


def test_what_no_report_can_be_made_of_is_said_in_a_sentence(run: Run, tmp_path: Path) -> None:
    unknown = run("report", "01990000-0000-7000-8000-000000000000", "--out", str(tmp_path / "x"))
    nonsense = run("report", "nonsense", "--out", str(tmp_path / "x"))

    assert unknown[0] == nonsense[0] == 2
    assert "There is no engagement exercise with this id" in unknown[2]
    assert "not an id of ours" in nonsense[2]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "no report in the format concordat-report, version 1"),
        ('{"format": "concordat-report", "version": 1}', "damaged: KeyError at 'evidence'"),
    ],
)
def test_what_cannot_be_verified_is_said_in_a_sentence(
    run: Run, tmp_path: Path, content: str | None, sentence: str
) -> None:
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)

    status, _, complaint = run("verify", str(path))

    assert status == 2
    assert sentence in complaint


def test_the_schema_is_printed_without_a_database(run: Run) -> None:
    status, out, _ = run("schema", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert status == 0
    assert "type Mutation" in out


def test_migrations_and_records_agree(run: Run) -> None:
    assert run("migrate", "--check")[0] == 0
    assert run("forget", "--days", "30")[1].startswith("0 events")


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--migrate"], ["serve"]])
def test_a_database_that_is_not_there_is_a_sentence(run: Run, command: list[str]) -> None:
    status, _, err = run(*command, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", PORT="1024")

    assert status == 2
    assert "The database cannot be reached" in err
    assert "Traceback" not in err


def test_a_database_that_does_not_exist_is_a_sentence(run: Run, server: Server) -> None:
    url = server.server.url("postgres", "not_there")

    status, _, err = run("migrate", DATABASE_URL=url)

    assert status == 2
    assert "not_there" in err


def test_a_port_in_use_is_a_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, _, err = run("serve", PORT=str(taken.getsockname()[1]))

    assert status == 2
    assert "Choose another one" in err


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "x"}, "PORT is a whole number"),
        ({"BROADCAST_URL": "carrier-pigeon://"}, "BROADCAST_URL carrier-pigeon://"),
        ({"AUTH_KEYS": "/nowhere.json"}, "cannot be read as a JWK Set"),
    ],
)
def test_a_setting_that_cannot_be_used_is_a_sentence(
    run: Run, settings: dict[str, str], sentence: str
) -> None:
    status, _, err = run("token", "ada@example.org", **settings)

    assert status == 2
    assert sentence in err
