"""The statements that production executes: each once, with what it was given and who asked it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

from rsm.db.roles import WEB

PATIENTS = "patient's page"
_ENTERING = "set_config('rsm.sites'"
_SEEN = "SELECT current_setting('rsm.sites', true), current_setting('rsm.patient', true)"
_PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@dataclass(frozen=True, eq=False)
class Captured:
    """One statement: as which role, within which scope, and in which job or on which page."""

    statement: str
    parameters: Mapping[str, object]
    role: str
    sites: str
    patient: str
    where: str

    @property
    def verb(self) -> str:
        return self.statement.split(maxsplit=1)[0].upper()

    @property
    def is_kept(self) -> bool:
        """Whether it has a plan that serves whatever values: in a patient's request."""
        return self.role == WEB and (bool(self.patient) or self.where == PATIENTS)

    @property
    def short(self) -> str:
        """As one line, for whoever has to find it."""
        return f"{self.where}: {' '.join(self.statement.split())[:300]}"


@dataclass
class Recorder:
    """Keeps each different statement of the engines that it watches, as it was asked first."""

    where: str = "elsewhere"
    _found: dict[tuple[str, str, bool], Captured] = field(default_factory=dict)
    _scopes: dict[int, tuple[str, str]] = field(default_factory=dict)

    @property
    def found(self) -> list[Captured]:
        return list(self._found.values())

    @contextmanager
    def during(self, where: str) -> Iterator[None]:
        """What is asked in this block belongs to that job or page."""
        before, self.where = self.where, where
        try:
            yield
        finally:
            self.where = before

    @contextmanager
    def watch(self, engine: Engine, role: str) -> Iterator[None]:
        """Keep what is asked through this engine, whose connections are of this role."""

        def note(
            _connection: object,
            cursor: DBAPICursor,
            statement: str,
            parameters: object,
            _context: object,
            _many: bool,
        ) -> None:
            one = parameters[0] if isinstance(parameters, list) else parameters
            given = one if isinstance(one, dict) else {}
            who = id(cursor.connection)
            if _ENTERING in statement:
                self._scopes.pop(who, None)
            elif statement.lstrip().upper().startswith(_PLANNED):
                scope = self._scope(cursor)
                self._keep(Captured(statement, given, role, *scope, self.where))

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", note)

    def _scope(self, cursor: DBAPICursor) -> tuple[str, str]:
        """What the transaction sees: as its connection says, asked once since it entered."""
        who = id(cursor.connection)
        if who not in self._scopes:
            beside = cursor.connection.cursor()
            beside.execute(_SEEN)
            sites, patient = beside.fetchall()[0]
            self._scopes[who] = (sites or "", patient or "")
        return self._scopes[who]

    def _keep(self, one: Captured) -> None:
        self._found.setdefault((one.role, one.statement, bool(one.patient)), one)
