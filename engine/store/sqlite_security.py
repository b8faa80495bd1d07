"""The embedded store's methods for users, API keys, roles, and cases; `engine.store.sqlite` has the others."""

from collections.abc import Hashable

from engine.model.case import Case, CaseComment
from engine.model.role import Role
from engine.model.user import ApiKey, User
from engine.ports.store import AuditEntry
from engine.store import cases, security
from engine.store.session import SqliteSession


class SqliteSecurity:
    """`engine.ports.store.SecurityStore` on SQLite."""

    def __init__(self, session: SqliteSession) -> None:
        self._session = session
        self._security_changes = 0

    async def insert_user(self, user: User, audit: AuditEntry | None) -> bool:
        return self._counted(await self._session.write(security.insert_user, user, audit))

    async def users(self) -> list[User]:
        return await self._session.read(security.read_users)

    async def change_user(self, user: User, expected_version: int, audit: AuditEntry | None) -> bool:
        return self._counted(await self._session.write(security.change_user, user, expected_version, audit))

    async def delete_user(self, name: str, audit: AuditEntry | None) -> bool:
        return self._counted(await self._session.write(security.delete_user, name, audit))

    async def insert_api_key(self, key: ApiKey, audit: AuditEntry | None) -> bool:
        return self._counted(await self._session.write(security.insert_api_key, key, audit))

    async def api_keys(self) -> list[ApiKey]:
        return await self._session.read(security.read_api_keys)

    async def delete_api_key(self, key_id: str, audit: AuditEntry | None) -> bool:
        return self._counted(await self._session.write(security.delete_api_key, key_id, audit))

    async def roles(self) -> list[Role]:
        return await self._session.read(security.read_roles)

    async def put_role(self, role: Role, audit: AuditEntry | None, *, create_only: bool = False) -> bool:
        return self._counted(await self._session.write(security.put_role, role, audit, create_only=create_only))

    async def delete_role(self, name: str, audit: AuditEntry | None) -> bool:
        return self._counted(await self._session.write(security.delete_role, name, audit))

    async def security_stamp(self) -> Hashable:
        return await self._session.change_counter(), self._security_changes

    def _counted(self, is_done: bool) -> bool:
        self._security_changes += is_done
        return is_done


class SqliteCases:
    """`engine.ports.store.CaseStore` on SQLite."""

    _session: SqliteSession

    async def insert_case(self, case: Case, audit: AuditEntry | None) -> bool:
        return await self._session.write(cases.insert_case, case, audit)

    async def load_case(self, space: str, case_id: str) -> Case | None:
        return await self._session.read(cases.load_case, space, case_id)

    async def change_case(self, case: Case, expected_version: int, audit: AuditEntry | None) -> bool:
        return await self._session.write(cases.change_case, case, expected_version, audit)

    async def add_case_comment(
        self, case: Case, comment: CaseComment, expected_version: int, audit: AuditEntry | None
    ) -> bool:
        return await self._session.write(cases.add_comment, case, comment, expected_version, audit)
