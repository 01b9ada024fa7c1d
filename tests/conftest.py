"""Fixtures for every test: private PostgreSQL servers of both versions and fresh databases on them."""

import os
from collections.abc import Callable, Iterator

import pytest
from tests.planted_secret import OutputSearch
from tests.servers.databases import Templates, migrate_domain, migrate_toolkit
from tests.servers.installations import VERSIONS, bin_directory
from tests.servers.postgresql import PrivateServer

ServerFactory = Callable[..., PrivateServer]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres", choices=[*VERSIONS, "both"], default="both", help="major version(s) the database tests run on"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(OutputSearch(), "planted-secret")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "postgres_version" in metafunc.fixturenames:
        chosen: str = metafunc.config.getoption("--postgres")
        versions = VERSIONS if chosen == "both" else (chosen,)
        # Session scope, so that pytest sorts by it: one server is done with before the next starts.
        metafunc.parametrize("postgres_version", versions, indirect=True, scope="session", ids="pg{}".format)


@pytest.fixture(scope="session")
def postgres_version(request: pytest.FixtureRequest) -> str:
    """The major version this test runs on; whoever asks for a server asks for this."""
    version: str = request.param
    return version


@pytest.fixture(scope="session")
def _new_server(postgres_version: str) -> ServerFactory:
    try:
        directory = bin_directory(postgres_version)
    except FileNotFoundError as missing:
        if os.environ.get("CI") == "true" or os.environ.get("CLONE_CQRS_REQUIRE_SERVERS") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))

    def create(*, fsync: bool = False, **settings: object) -> PrivateServer:
        return PrivateServer.create(directory, fsync=fsync, **settings)

    return create


@pytest.fixture(scope="session")
def server(_new_server: ServerFactory) -> Iterator[PrivateServer]:
    """The server all tests of a version share. Do not stop it, nor leave a transaction open on it: see `own_server`."""
    private = _new_server()
    yield private
    private.close()


@pytest.fixture(scope="session")
def _templates(server: PrivateServer) -> Templates:
    return Templates(server)


@pytest.fixture
def empty_dsn(server: PrivateServer, _templates: Templates) -> Iterator[str]:
    """A database without anything."""
    name = _templates.copy(None)
    yield server.dsn(name)
    _templates.drop(name)


@pytest.fixture
def dsn(server: PrivateServer, _templates: Templates) -> Iterator[str]:
    """A database with the toolkit's tables."""
    name = _templates.copy(migrate_toolkit)
    yield server.dsn(name)
    _templates.drop(name)


@pytest.fixture
def clone_dsn(server: PrivateServer, _templates: Templates) -> Iterator[str]:
    """A database with the toolkit's and the clone's tables."""
    name = _templates.copy(migrate_domain)
    yield server.dsn(name)
    _templates.drop(name)


@pytest.fixture
def own_server(_new_server: ServerFactory) -> Iterator[ServerFactory]:
    """`own_server(fsync=False, **settings)`: a server for this test alone, to crash, restart or keep transactions open.

    The open transactions of one database hold back what every database of the same server can settle and clean up.
    """
    servers: list[PrivateServer] = []

    def create(*, fsync: bool = False, **settings: object) -> PrivateServer:
        servers.append(_new_server(fsync=fsync, **settings))
        return servers[-1]

    yield create
    for private in servers:
        private.close()
