"""What several test files need: compiled kernels, and a real PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from dedup.config import SketchConfig
from dedup.sketch.build import sketch_texts

HOW_TO_GET_ONE = (
    "no PostgreSQL server programs: install them (Debian: apt-get install postgresql; no server "
    "need run, the tests start their own)"
)
SYSTEM_USERS = ("postgres", "nobody")  # root may not run a server


class Server:
    """A PostgreSQL server of our own, in a folder of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.data = programs, folder, folder / "data"
        self.port = free_port()
        self.names = count()
        if os.geteuid() == 0:
            user = next(user for user in SYSTEM_USERS if has_user(user))
            shutil.chown(folder, user)
            self.as_user = ["runuser", "-u", user, "--"]
        else:
            self.as_user = []
        self.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-D", str(self.data))
        self.start()

    def run(self, program: str, *arguments: str) -> None:
        command = [*self.as_user, str(self.programs / program), *arguments]
        # Not to a pipe: the server would hold it open.
        with (self.folder / f"{program}.out").open("w") as out:
            subprocess.run(command, check=True, stdout=out, stderr=out, cwd=self.folder)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        name = f"index{next(self.names)}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)
        return self.url(name)


def has_user(name: str) -> bool:
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def find_programs() -> Path | None:
    """Where `initdb` and `pg_ctl` are; Debian keeps them off the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("initdb")
    folders = [*([Path(on_path).resolve().parent] if on_path else []), *reversed(debian)]
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Kernels are compiled: no command says that it is about to."""
    sketch_texts(["One two"], SketchConfig())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    programs = find_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET_ONE)
        pytest.skip(HOW_TO_GET_ONE)
    pytest.importorskip("psycopg", reason="install the extra: pip install 'dedup[postgres]'")
    folder = Path(tempfile.mkdtemp(prefix="dedup-postgres-"))
    server = Server(programs, folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an index of each kind is to be made."""
    places: dict[str, Callable[[], str]] = {
        "sqlite": lambda: str(tmp_path / "news.index"),
        "postgresql": lambda: request.getfixturevalue("postgres").new_database(),
        "memory": lambda: ":memory:",
    }
    return places[request.param]()
