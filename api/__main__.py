"""The command line: `python -m api` and a command; each says what it is for."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop

from api import importer, logs, polis
from api import settings as settings_module
from api.app import create_app
from api.demo import run as demo_run
from api.demo.run import folder, read_running
from api.graphql import printed
from api.process import addresses, running
from api.reports import verify as verification
from api.reports.document import engagement_key, export
from api.reports.forms import FORMS
from api.server import address, listen, serving
from api.server import serve as serve_app
from api.settings import Settings, SettingsError
from api.supervisor import MOST_WORKERS, obey, supervise
from api.watch import watch as watch_board
from domain import migrations, retention
from domain.commands.foundation import found
from domain.database import Unusable, refusal
from domain.embedded import EmbeddedServerError
from domain.errors import DomainError, Invalid
from domain.lifecycle import MACHINES, diagrams
from domain.permissions import Role, Viewer
from domain.queries import people

Command = Callable[[argparse.Namespace, Settings], Awaitable[None]]


async def serve(arguments: argparse.Namespace, settings: Settings) -> None:
    """Serve the API until a signal ends it."""
    if arguments.workers > 1:
        await supervise(settings, arguments.workers, migrate=arguments.migrate, tell=_tell_address)
        return
    with listen(settings) as listener:
        async with running(settings, migrate=arguments.migrate) as process:
            _tell_address(address(listener))
            await serve_app(create_app(process), listener)


def _tell_address(where: str) -> None:
    print(f"{where}/graphql is served. Press Ctrl-C to end it.", flush=True)


async def work(arguments: argparse.Namespace, settings: Settings) -> None:
    """Serve as one of several workers; only their supervisor starts it."""
    listener = socket.socket(fileno=arguments.listener)
    control = socket.socket(fileno=arguments.control)
    async with running(settings) as process, serving(create_app(process), listener) as server:
        await obey(control, server)


async def migrate(arguments: argparse.Namespace, settings: Settings) -> None:
    """Bring the database to the present schema."""
    async with addresses(settings) as where:
        if arguments.write:
            await migrations.write(where.owner, arguments.write)
            print("Read the new file in migrations/versions before you commit it.")
            return
        await migrations.upgrade(where.owner)
        if arguments.check and (differences := await migrations.differences(where.owner)):
            raise SettingsError(f"The migrations and the records disagree: {differences}")
    print("The database has the present schema.")


async def init(arguments: argparse.Namespace, settings: Settings) -> None:
    """Make an empty installation usable: registers, criteria and the first administrator."""
    async with running(settings) as process:
        await found(process.database, name=arguments.name, email=arguments.email)
    print(f"{arguments.name} <{arguments.email}> administers this installation.")


async def forget(arguments: argparse.Namespace, settings: Settings) -> None:
    """Forget events that are older than some days; cursors from before them are reset."""
    before = datetime.now(UTC) - timedelta(days=arguments.days)
    async with addresses(settings) as where:
        removed = await retention.forget(where.owner, before)
    print(f"{removed:,} events from before {before:%d %B %Y} are forgotten.")


async def token(arguments: argparse.Namespace, settings: Settings) -> None:
    """Print a bearer token for a person."""
    async with running(settings) as process:
        async with process.database.read() as session:
            person = await people.by_email(session, arguments.email)
        if person is None:
            raise SettingsError(f"There is no person with the address {arguments.email}.")
        print(process.tokens.sign(person.id, timedelta(hours=arguments.hours)))


async def demo(arguments: argparse.Namespace, settings: Settings) -> None:
    """Run a live, fictional exercise with its board, on the embedded database."""
    await demo_run.run(
        settings, port=arguments.port, seconds=arguments.seconds, quiet=arguments.quiet
    )


async def import_(arguments: argparse.Namespace, settings: Settings) -> None:
    """Import an exported conversation as an exercise with everybody's votes, and compare."""
    conversation = polis.read(arguments.folder)
    async with running(settings) as process:
        await importer.run(process.database, conversation, pace=arguments.pace)


async def watch(arguments: argparse.Namespace, settings: Settings) -> None:
    """Show an exercise live in the terminal: without an address, that of the demo that runs."""
    found = read_running(folder(settings)) if arguments.url is None else vars(arguments)
    if not found:
        raise SettingsError("No demo runs here. Start one with `python -m api demo`, or say where.")
    await watch_board(found["url"], found["token"], found["engagement"])


async def report(arguments: argparse.Namespace, settings: Settings) -> None:
    """Write the report of an exercise, as its moderators may read it, into a file."""
    operator = Viewer(grants={None: frozenset({Role.ADMIN})})
    async with running(settings) as process:
        document = await export(
            process.database, operator, process.notary, engagement_key(arguments.engagement)
        )
    try:
        arguments.out.write_bytes(FORMS[arguments.format].write(document))
    except OSError as error:
        raise SettingsError(f"{arguments.out} cannot be written: {error.strerror}.") from None
    print(f"The report is in {arguments.out}.")


async def verify(arguments: argparse.Namespace, _: Settings) -> None:
    """Check offline that a report in JSON is as it was signed, and agrees with its log."""
    document = verification.read(arguments.report)
    key = verification.public_key(verification.read(arguments.key)) if arguments.key else None
    if found := verification.problems(document, key):
        raise Invalid("\n".join(found))
    whose = "the given key" if key else "the key in it: compare that with the one that is published"
    print(
        f"Nothing was changed, removed or swapped since {arguments.report} was signed by {whose}."
        " Checked were:"
    )
    for check in verification.checks(document):
        print(f"- {check}")


async def schema(_: argparse.Namespace, __: Settings) -> None:
    """Print the schema in the schema definition language, sorted."""
    print(printed(), end="")


async def lifecycles(_: argparse.Namespace, __: Settings) -> None:
    """Print every state machine as a diagram and a table, in Markdown."""
    print(diagrams.document(MACHINES), end="")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="Concordat.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Command) -> argparse.ArgumentParser:
        sentence = (run.__doc__ or "").splitlines()[0]
        command: argparse.ArgumentParser = commands.add_parser(
            name, help=sentence, description=sentence
        )
        command.set_defaults(run=run)
        return command

    served = add("serve", serve)
    served.add_argument("--migrate", action="store_true", help="run missing migrations first")
    served.add_argument(
        "--workers", type=_workers, default=1, metavar="N", help="processes that serve (1)"
    )
    worker = commands.add_parser("work")  # without help, so that it is not listed
    worker.set_defaults(run=work)
    worker.add_argument("listener", type=int, help="the number of an open file")
    worker.add_argument("control", type=int, help="the number of an open file")
    upgrade = add("migrate", migrate)
    upgrade.add_argument(
        "--check", action="store_true", help="fail if records and migrations disagree"
    )
    upgrade.add_argument("--write", metavar="MESSAGE", help="write a migration from the records")
    first = add("init", init)
    first.add_argument("--name", required=True, help="of the first administrator")
    first.add_argument("--email", required=True, help="of the first administrator")
    old = add("forget", forget)
    old.add_argument("--days", type=int, required=True, help="how many days are kept")
    for_whom = add("token", token)
    for_whom.add_argument("email", help="the address of the person")
    for_whom.add_argument("--hours", type=int, default=8, help="how long it is valid (8)")
    live = add("demo", demo)
    live.add_argument("--port", type=int, default=8000, help="to listen on, 0 for any free (8000)")
    live.add_argument(
        "--seconds", type=float, help="check that it lives after so long, and end; default is never"
    )
    live.add_argument("--quiet", action="store_true", help="say nothing")
    bring = add("import", import_)
    bring.add_argument("kind", choices=["polis"], help="where it was exported from: polis")
    bring.add_argument("folder", metavar="DIR", type=Path, help="the folder of exported files")
    bring.add_argument(
        "--pace",
        metavar="N",
        type=float,
        help="cast the votes N times as fast as they were; default is at once",
    )
    board = add("watch", watch)
    board.add_argument("url", nargs="?", help="of the GraphQL endpoint")
    board.add_argument("--token", help="who watches there")
    board.add_argument("--engagement", help="the id of the exercise; else the newest open one")
    written = add("report", report)
    written.add_argument("engagement", metavar="ENGAGEMENT_ID", help="the id of the exercise")
    written.add_argument("--format", choices=list(FORMS), default="json", help="(json)")
    written.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to")
    checked = add("verify", verify)
    checked.add_argument("report", type=Path, metavar="FILE", help="a report in JSON")
    checked.add_argument(
        "--key", type=Path, metavar="FILE", help="the published key; default is that in the report"
    )
    add("schema", schema)
    add("lifecycles", lifecycles)
    return parser


def _workers(word: str) -> int:
    if word.isascii() and word.isdigit() and 1 <= int(word) <= MOST_WORKERS:
        return int(word)
    raise argparse.ArgumentTypeError(f"a whole number from 1 to {MOST_WORKERS}; {word!r} is not")


def main(words: list[str] | None = None) -> int:
    """Run one command; return the exit status, 2 with a sentence when it was refused."""
    arguments = _parser().parse_args(words)
    logs.configure()
    try:
        run: Any = arguments.run(arguments, settings_module.read())
        uvloop.run(run)
    except (SettingsError, Unusable, EmbeddedServerError, DomainError) as error:
        print(f"{error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    except Exception as error:
        sentence = refusal(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
