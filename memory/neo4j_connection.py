"""One connection pool to one Neo4j database: how queries run, and what a failing server is called here.

Decides time limits, retries (the driver's, for work that may run twice), and which failure becomes which memory error.
It refuses to talk to another machine without a password. It knows no query: those stand in `cypher/`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

from neo4j import (
    READ_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    NotificationDisabledClassification,
    NotificationMinimumSeverity,
    RoutingControl,
)
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DatabaseError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from stemma.memory.errors import InvalidSetting, MemoryBusy, MemoryFull, MemoryUnavailable

CONNECT_SECONDS = 5.0
RETRY_SECONDS = 15.0
START_HINT = "stemma neo4j start, or set MEMORY_URL, MEMORY_USER and MEMORY_PASSWORD"
LOGIN_HINT = "set MEMORY_USER and MEMORY_PASSWORD; for that of stemma neo4j start, see stemma neo4j status"
SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")

Row = dict[str, Any]
Transaction = AsyncManagedTransaction
Result = TypeVar("Result")


class _Unprinted(list[Any]):
    """A list that does not tell what is in it."""

    def __repr__(self) -> str:
        return f"<{len(self)} values>"


def unprinted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters for the driver. It writes each of them out for its log, also when nobody keeps one: that takes ten
    times as long as to send them, and what memory holds has no place in a log.
    """
    return {name: _Unprinted(value) if type(value) is list else value for name, value in parameters.items()}


class Neo4jConnection:
    """The driver of one database. Nothing is connected before `open`; `close` may be called twice."""

    def __init__(self, url: str, *, user: str, password: str, database: str) -> None:
        self.url = _checked(url, password)
        self._auth = (user, password) if password else None
        self._database = database
        self._driver: AsyncDriver | None = None

    async def open(self) -> None:
        """Connect, or raise `MemoryUnavailable` within some seconds; retries are for later."""
        if self._driver is None:
            self._driver = AsyncGraphDatabase.driver(
                self.url,
                auth=self._auth,
                connection_timeout=CONNECT_SECONDS,
                connection_acquisition_timeout=4 * CONNECT_SECONDS,
                max_transaction_retry_time=RETRY_SECONDS,
                telemetry_disabled=True,
                notifications_min_severity=NotificationMinimumSeverity.WARNING,
                # An empty database knows none of our labels yet; that is no reason to warn.
                notifications_disabled_classifications=[NotificationDisabledClassification.UNRECOGNIZED],
            )
        async with self._failures():
            await self._driver.verify_connectivity()

    async def close(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            await driver.close()

    async def read(self, query: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows of a query that changes nothing.

        It is not wrapped into a transaction of the driver's, which costs a round trip more, unless that is needed to
        try again.
        """
        async with self._failures():
            with suppress(ServiceUnavailable, SessionExpired, TransientError):
                return await self._read_once(query, parameters)
        return await self._query(query, parameters, RoutingControl.READ)

    async def _read_once(self, query: str, parameters: Mapping[str, Any]) -> list[Row]:
        session = self._connected().session(database=self._database, default_access_mode=READ_ACCESS)
        async with session:
            result = await session.run(query, unprinted(parameters))
            return [dict(record) async for record in result]

    async def run(self, query: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows of a query that is a transaction of its own; it may run twice."""
        return await self._query(query, parameters, RoutingControl.WRITE)

    async def write(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Several queries in one transaction. `work` may run again; what it raises rolls the transaction back."""
        async with self._failures(), self._connected().session(database=self._database) as session:
            return await session.execute_write(work)

    async def _query(self, query: str, parameters: Mapping[str, Any], routing: RoutingControl) -> list[Row]:
        async with self._failures():
            found = await self._connected().execute_query(
                query, unprinted(parameters), routing_=routing, database_=self._database
            )
        return [dict(record) for record in found.records]

    def _connected(self) -> AsyncDriver:
        if self._driver is None:
            raise MemoryUnavailable(f"The memory at {self.url} is closed.", hint="open it first")
        return self._driver

    @asynccontextmanager
    async def _failures(self) -> AsyncIterator[None]:
        """Failures of the server and of the way to it, as memory errors; a fault in a query stays what it is."""
        try:
            yield
        except AuthError as error:
            raise MemoryUnavailable(f"Neo4j at {self.url} refuses the user or password.", hint=LOGIN_HINT) from error
        except (ServiceUnavailable, SessionExpired, ConfigurationError, OSError) as error:
            raise MemoryUnavailable(f"Neo4j at {self.url} cannot be reached.", hint=START_HINT) from error
        except (TransientError, DatabaseError) as error:
            raise self._of_server(error) from error
        except Neo4jError as error:
            if error.code and error.code.endswith("DatabaseNotFound"):
                hint = "set MEMORY_DATABASE to one that exists"
                raise MemoryUnavailable(f"Neo4j has no database {self._database!r}.", hint=hint) from error
            raise
        except DriverError as error:
            if not error.is_retryable():
                raise
            raise MemoryUnavailable(f"Neo4j at {self.url} does not answer.", hint=START_HINT) from error

    def _of_server(self, error: Neo4jError) -> MemoryBusy | MemoryFull | MemoryUnavailable:
        message = error.message or ""
        if "No space left" in message:
            return MemoryFull(f"Neo4j at {self.url} has no room left.", hint="free space where its data lies")
        if isinstance(error, TransientError):
            return MemoryBusy(f"Neo4j at {self.url} is too busy: {error.code}.", hint="try again")
        return MemoryUnavailable(f"Neo4j at {self.url} failed: {error.code}.", hint="see the server's log")


def _checked(url: str, password: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise InvalidSetting(f"MEMORY_URL {url!r} is not a Neo4j address.", hint="bolt://host:7687 or neo4j+s://host")
    if parts.username or parts.password:
        raise InvalidSetting(
            "MEMORY_URL must not hold a user or password.", hint="set MEMORY_USER and MEMORY_PASSWORD instead"
        )
    if not password and not _is_loopback(parts.hostname):
        raise InvalidSetting(
            f"Neo4j on another machine ({parts.hostname}) needs a password.", hint="set MEMORY_PASSWORD"
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
