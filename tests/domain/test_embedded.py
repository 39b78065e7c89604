import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from domain.embedded import EmbeddedServer, EmbeddedServerError, start

ROOT = Path(__file__).parents[2]
OTHER_PROCESS = """
import sys
from pathlib import Path
from domain.embedded import start
server = start(Path(sys.argv[1]), durable=False)
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""

Begin = Callable[..., EmbeddedServer]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of all tests that leave it in order: making one takes half a second."""
    root = tmp_path_factory.mktemp("shared")
    yield root / "data"
    shutil.rmtree(root)  # pytest keeps the folders of three runs, and a database has 40 MB


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    with ExitStack() as stack:

        def begin(where: Path = folder, *, durable: bool = False) -> EmbeddedServer:
            server = start(where, durable=durable)
            stack.callback(server.stop)
            return server

        yield begin


@pytest.fixture
def other_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


@contextmanager
def foreign_process(user: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], user=user) as process:
        try:
            yield process
        finally:
            process.kill()


async def fetch(url: str, statement: str) -> Any:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            result = await connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


def postmaster(server: EmbeddedServer) -> int:
    return int((server.data_folder / "cluster/postmaster.pid").read_text().split("\n")[0])


async def test_fresh_server_is_the_same_on_each_machine(begin: Begin) -> None:
    url = begin().owner_url
    expected = {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "TimeZone": "UTC",
        "log_timezone": "UTC",
        "max_connections": "200",
        "listen_addresses": "",
        "fsync": "off",
    }
    assert {name: await fetch(url, f"SHOW {name}") for name in expected} == expected
    assert (await fetch(url, "SHOW server_version")).startswith("18.")
    locale = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'concordat'"
    assert await fetch(url, locale) == "bC.UTF-8"


async def test_app_role_has_no_privileges(begin: Begin) -> None:
    server = begin()
    privileges = """
        SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
        FROM pg_roles WHERE rolname = current_user
    """
    assert await fetch(server.owner_url, privileges) is True
    assert await fetch(server.app_url, privileges) is False
    assert await fetch(server.app_url, "SELECT current_user::text") == "concordat_app"
    with pytest.raises(ProgrammingError, match="permission denied"):
        await fetch(server.app_url, "CREATE TABLE public.votes ()")


async def test_only_its_own_user_reaches_the_socket(begin: Begin) -> None:
    assert begin().socket_folder.stat().st_mode & 0o777 == 0o700


async def test_log_holds_nothing_that_people_wrote(begin: Begin) -> None:
    server = begin()
    await fetch(server.owner_url, "CREATE TABLE people (email text PRIMARY KEY)")
    await fetch(server.owner_url, "INSERT INTO people VALUES ('canary')")
    with pytest.raises(Exception, match="duplicate key"):
        await fetch(server.owner_url, "INSERT INTO people VALUES ('canary')")
    log = (server.data_folder / "server.log").read_text()
    assert "duplicate key" in log
    assert "canary" not in log


async def test_data_outlives_a_restart(begin: Begin) -> None:
    server = begin()
    await fetch(server.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
    server.stop()
    with pytest.raises(OSError, match="No such file"):
        await fetch(server.owner_url, "SELECT 1")
    assert await fetch(begin().owner_url, "SELECT number FROM kept") == 7


async def test_server_ends_with_its_last_user(begin: Begin) -> None:
    first, second = begin(), begin()
    assert first == second
    first.stop()
    first.stop()
    assert await fetch(second.owner_url, "SELECT 1") == 1
    second.stop()
    with pytest.raises(OSError, match="No such file"):
        await fetch(second.owner_url, "SELECT 1")


async def test_second_process_comes_and_goes(
    other_process: subprocess.Popen[str], begin: Begin
) -> None:
    server = begin()
    process_id = postmaster(server)
    server.stop()
    assert await fetch(server.app_url, "SELECT 1") == 1
    assert postmaster(begin()) == process_id
    other_process.communicate()
    assert other_process.returncode == 0
    assert await fetch(server.app_url, "SELECT 1") == 1


async def test_server_of_a_killed_process_is_found_and_ended(
    other_process: subprocess.Popen[str], begin: Begin
) -> None:
    server = begin()
    other_process.kill()
    other_process.wait()
    assert await fetch(server.app_url, "SELECT 1") == 1
    server.stop()
    with pytest.raises(OSError, match="No such file"):
        await fetch(server.app_url, "SELECT 1")


async def test_killed_server_starts_again_with_its_data(begin: Begin) -> None:
    server = begin(durable=True)
    assert await fetch(server.owner_url, "SHOW fsync") == "on"
    assert await fetch(server.owner_url, "SHOW synchronous_commit") == "on"
    await fetch(server.owner_url, "CREATE TABLE rescued AS SELECT 7 AS number")
    os.kill(postmaster(server), signal.SIGKILL)
    again = begin(durable=True)
    assert await fetch(again.owner_url, "SELECT number FROM rescued") == 7


def test_killed_server_can_be_stopped(begin: Begin) -> None:
    server = begin()
    os.kill(postmaster(server), signal.SIGKILL)
    server.stop()


async def test_pid_of_a_killed_server_may_belong_to_another_process(begin: Begin) -> None:
    server = begin()
    cluster = server.data_folder / "cluster"
    os.kill(postmaster(server), signal.SIGKILL)
    server.stop()
    with foreign_process(cluster.stat().st_uid) as stranger:
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            _, _, rest = (cluster / name).read_text().partition("\n")
            (cluster / name).write_text(f"{stranger.pid}\n{rest}")
        assert await fetch(begin().app_url, "SELECT 1") == 1
        assert stranger.poll() is None


def test_cut_short_pid_file_does_no_harm(begin: Begin) -> None:
    server = begin()
    server.stop()
    (server.data_folder / "cluster/postmaster.pid").touch()
    begin()


def test_unfinished_creation_is_begun_anew(own_folder: Path, begin: Begin) -> None:
    (own_folder / "cluster.new/base").mkdir(parents=True)
    begin(own_folder)
    assert not (own_folder / "cluster.new").exists()


@pytest.mark.parametrize("name", ["long" * 30, "a, b", "`$(x)` 'ë\""])
async def test_any_folder_name(own_folder: Path, begin: Begin, name: str) -> None:
    first, second = begin(own_folder / name), begin(own_folder / name)
    assert first == second
    assert await fetch(first.app_url, "SELECT 1") == 1
    assert first.socket_folder.stat().st_mode & 0o777 == 0o700
    first.stop()
    second.stop()
    assert first.socket_folder == own_folder / name / "cluster" or not first.socket_folder.exists()


def test_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedServerError, match=r"cannot be used: .*Not a directory.* writable"):
        start(tmp_path / "file/data")


def test_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").touch()
    with pytest.raises(EmbeddedServerError, match=r"holds other files.*Choose an empty folder"):
        start(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_other_version_is_refused(own_folder: Path, begin: Begin) -> None:
    begin(own_folder).stop()
    (own_folder / "cluster/PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedServerError, match="is of PostgreSQL 16"):
        begin(own_folder)


def test_failed_start_shows_the_log(own_folder: Path, begin: Begin) -> None:
    begin(own_folder).stop()
    (own_folder / "cluster/postgresql.conf").write_text("not a setting")
    with pytest.raises(EmbeddedServerError, match=r"(?s)does not start.*syntax error"):
        begin(own_folder)
