"""Runs the demo: the database, the programme, the server, the panel, and a check of it all."""

from __future__ import annotations

import asyncio
import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from api.app import create_app
from api.demo import cast, documents
from api.demo.cast import GUESTS
from api.demo.exercise import open_exercise
from api.demo.pages import pages
from api.demo.panel import gathered
from api.demo.programme import Programme, Seeder, seed, seed_others
from api.live import Data, connect
from api.process import Process, running
from api.server import Server, address, listen, serving
from api.settings import Settings, SettingsError
from schema.nodes import global_id, type_of

LIFETIME = timedelta(days=7)
RUNNING = "running.json"
"""In the demo's folder, for its owner alone: where it runs, and a token to watch it."""


async def run(settings: Settings, *, port: int, seconds: float | None, quiet: bool) -> None:
    """Run the demo until a signal ends it, or for some seconds: then check that it is alive.

    It has a data folder of its own, and always the embedded database. Raises SystemExit with a
    sentence when the check fails.
    """
    began = time.perf_counter()
    home = folder(settings)
    own = Settings(data_folder=home / "database", host=settings.host, port=port)
    with _alone(home), listen(own) as listener:
        async with running(own) as process:
            seeder = Seeder(process.database)
            made = await seed(seeder)
            await open_exercise(seeder, made)
            demo = Demo(process, made, home)
            app = create_app(process, pages=pages(demo.session))
            async with serving(app, listener) as server:
                url = f"{address(listener)}/"
                demo.tell_watchers(url)
                if not quiet:
                    demo.introduce(url, time.perf_counter() - began)
                await seed_others(seeder, made)
                await demo.live(server, f"{url}graphql", seconds)


class Demo:
    """A running demo: who is who in it, and what is told to whom."""

    def __init__(self, process: Process, made: Programme, home: Path) -> None:
        self._process = process
        self._made = made
        self._home = home
        self._engagement = global_id("Engagement", made.engagement)

    def token(self, email: str) -> str:
        """Return a token for somebody of the programme."""
        return self._process.tokens.sign(self._made.people[email], LIFETIME)

    def session(self) -> Data:
        """Return what a visitor of the page gets: the exercise, and the parts that one can play."""
        return {
            "engagement": self._engagement,
            "token": self.token(cast.VISITOR[1]),
            "guests": [
                {
                    "name": guest.name,
                    "constituency": guest.constituency,
                    "token": self.token(guest.email),
                }
                for guest in GUESTS
            ],
            "facilitator": {
                "name": cast.MODERATOR[0],
                "token": self.token(cast.MODERATOR[1]),
            },
        }

    def tell_watchers(self, url: str) -> None:
        """Write down where this demo runs, for `python -m api watch`."""
        path = self._home / RUNNING
        # Written aside, so that nobody reads half of it.
        aside = path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(
            json.dumps(
                {
                    "url": f"{url}graphql",
                    "token": self.token(cast.VISITOR[1]),
                    "engagement": self._engagement,
                }
            )
        )
        aside.replace(path)

    def introduce(self, url: str, seconds: float) -> None:
        """Say what to open, and with which tokens to ask."""
        console = Console(highlight=False)
        console.print()
        console.print(f"[bold]Concordat[/] is ready, in {seconds:.1f} s. Everybody is fictional.")
        console.print(f"  The board       [link={url}]{url}[/]")
        console.print(f"  GraphiQL        [link={url}graphql]{url}graphql[/]")
        console.print("  In a terminal   python -m api watch")
        console.print("\nTokens, for the headers editor of GraphiQL or for curl:\n")
        roles = (
            ("Moderator", *cast.MODERATOR),
            ("Stakeholder", GUESTS[0].name, GUESTS[0].email),
            ("Secretariat", *cast.SECRETARIAT),
            ("Provider lead", *cast.PROVIDER_LEADS[0][:2]),
        )
        for role, name, email in roles:
            console.print(f"[bold]{role}[/] ({name})")
            # Whole on one line, however narrow the terminal, so that it can be copied.
            console.print(
                f'{{"authorization": "Bearer {self.token(email)}"}}', soft_wrap=True, style="dim"
            )
        console.print("\nPress Ctrl-C to end it; the next start goes on where this one ends.")

    async def live(self, server: Server, url: str, seconds: float | None) -> None:
        """Let the panel take part until the server ends, or until the time is over."""
        topics: dict[str, str] = {
            words: global_id(type_of(kind.lower()), id)
            for words, (kind, id) in self._made.subjects.items()
        }
        before = await self._standing(url)
        people = gathered(url, self.token, self._engagement, topics, cast.MODERATOR[1])
        async with people as panel:
            taking_part = asyncio.create_task(panel.run())
            done, _ = await asyncio.wait({taking_part}, timeout=seconds)
            taking_part.cancel()
            await asyncio.gather(taking_part, return_exceptions=True)
            if not done:
                require_life(before, await self._standing(url))
            elif not server.should_exit:
                taking_part.result()

    async def _standing(self, url: str) -> Data:
        async with connect(url, self.token(cast.VISITOR[1])) as visitor:
            found = await visitor.ask(documents.STANDING, id=self._engagement)
        node: Data = found["node"]
        return node


def require_life(before: Data, after: Data) -> None:
    """Refuse a demo in which nothing happened, as anybody sees it over the API."""

    def comments(node: Data) -> int:
        return sum(thread["comments"]["totalCount"] for thread in node["threads"]["nodes"])

    def ballots(node: Data) -> dict[str, Any]:
        return {each["id"]: each["consensus"] for each in node["ballots"]["nodes"]}

    def votes(node: Data) -> int:
        return sum(each["turnout"]["voted"] for each in ballots(node).values() if each)

    dead = [
        what
        for what, lives in (
            ("comments", comments(after) > comments(before)),
            ("votes", votes(after) > votes(before)),
            ("changes of consensus", ballots(after) != ballots(before)),
        )
        if not lives
    ]
    if dead:
        raise SystemExit(f"The demo ran, but the API shows no new {' and no '.join(dead)}.")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the demo's folder; raises SettingsError while another demo has it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = read_running(home).get("url", "")
            raise SettingsError(
                f"A demo runs here already, at {where.removesuffix('graphql')}. Watch it with "
                "`python -m api watch`, or choose another DATA_FOLDER."
            ) from None
        try:
            yield
        finally:
            (home / RUNNING).unlink(missing_ok=True)


def folder(settings: Settings) -> Path:
    """Return the folder of the demo: beside the data folder, so that the two never mix."""
    return settings.data_folder.with_name(f"{settings.data_folder.name}-demo")


def read_running(home: Path) -> Data:
    """Return where the demo of a folder runs: `url`, `token` and `engagement`; else nothing."""
    try:
        found: Data = json.loads((home / RUNNING).read_text())
    except (OSError, ValueError):
        return {}
    return found
