"""Users, API keys and roles: what users store and change."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from engine.model.instant import from_ms, to_ms
from engine.model.role import Role, SpacePrivileges
from engine.model.user import ApiKey, User
from engine.ports.store import AuditEntry
from engine.store.audit_log import record_audit
from engine.store.dialect import insert_unless_present, upsert
from engine.store.encoding import instant_or_none, ms_or_none
from engine.store.tables import api_keys, roles, users


def insert_user(connection: Connection, user: User, audit: AuditEntry | None) -> bool:
    """Store a new user; False if the name is taken."""
    statement = insert_unless_present(connection, users, ["name"]).returning(users.c.name)
    if connection.execute(statement, _pack_user(user)).scalar() is None:
        return False
    record_audit(connection, audit)
    return True


def read_users(connection: Connection) -> list[User]:
    """All users in order of their names."""
    return [_unpack_user(row) for row in connection.execute(select(users).order_by(users.c.name)).mappings()]


def change_user(connection: Connection, user: User, expected_version: int, audit: AuditEntry | None) -> bool:
    """Replace a user; False if it has not the expected version any more."""
    is_it = users.c.name == user.name
    if connection.execute(select(users.c.version).where(is_it).with_for_update()).scalar() != expected_version:
        return False
    connection.execute(update(users).where(is_it), _pack_user(user) | {"version": expected_version + 1})
    record_audit(connection, audit)
    return True


def delete_user(connection: Connection, name: str, audit: AuditEntry | None) -> bool:
    """Remove a user and the user's API keys; False if unknown."""
    if connection.execute(select(users.c.name).where(users.c.name == name).with_for_update()).scalar() is None:
        return False
    connection.execute(delete(api_keys).where(api_keys.c.owner == name))
    connection.execute(delete(users).where(users.c.name == name))
    record_audit(connection, audit)
    return True


def insert_api_key(connection: Connection, key: ApiKey, audit: AuditEntry | None) -> bool:
    """Store a new key; False if its owner is unknown."""
    is_owner = users.c.name == key.owner
    if connection.execute(select(users.c.name).where(is_owner).with_for_update()).scalar() is None:
        return False
    row = {
        "id": key.id,
        "name": key.name,
        "owner": key.owner,
        "secret_hash": key.secret_hash,
        "created_at": to_ms(key.created_at),
        "expires_at": ms_or_none(key.expires_at),
        "created_by": key.created_by,
    }
    connection.execute(insert(api_keys), row)
    record_audit(connection, audit)
    return True


def read_api_keys(connection: Connection) -> list[ApiKey]:
    """All keys in order of their making, then id."""
    query = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
    return [
        ApiKey(
            id=row["id"],
            name=row["name"],
            owner=row["owner"],
            secret_hash=row["secret_hash"],
            created_at=from_ms(row["created_at"]),
            expires_at=instant_or_none(row["expires_at"]),
            created_by=row["created_by"],
        )
        for row in connection.execute(query).mappings()
    ]


def delete_api_key(connection: Connection, key_id: str, audit: AuditEntry | None) -> bool:
    """Remove a key; False if unknown."""
    if connection.execute(select(api_keys.c.id).where(api_keys.c.id == key_id)).scalar() is None:
        return False
    connection.execute(delete(api_keys).where(api_keys.c.id == key_id))
    record_audit(connection, audit)
    return True


def read_roles(connection: Connection) -> list[Role]:
    """The stored roles in order of their names."""
    return [_unpack_role(row) for row in connection.execute(select(roles).order_by(roles.c.name)).mappings()]


def put_role(connection: Connection, role: Role, audit: AuditEntry | None, *, create_only: bool) -> bool:
    """Store a role, or replace it as a whole; with ``create_only`` False if the name is taken."""
    write = insert_unless_present if create_only else upsert
    statement = write(connection, roles, ["name"]).returning(roles.c.name)
    if connection.execute(statement, _pack_role(role)).scalar() is None:
        return False
    record_audit(connection, audit)
    return True


def delete_role(connection: Connection, name: str, audit: AuditEntry | None) -> bool:
    """Remove a role; False if unknown."""
    if connection.execute(select(roles.c.name).where(roles.c.name == name)).scalar() is None:
        return False
    connection.execute(delete(roles).where(roles.c.name == name))
    record_audit(connection, audit)
    return True


def _pack_user(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "version": user.version,
        "password_hash": user.password_hash,
        "roles": list(user.roles),
        "enabled": user.enabled,
        "created_at": to_ms(user.created_at),
        "updated_at": to_ms(user.updated_at),
        "created_by": user.created_by,
        "updated_by": user.updated_by,
    }


def _unpack_user(row: RowMapping) -> User:
    return User(
        name=row["name"],
        password_hash=row["password_hash"],
        created_at=from_ms(row["created_at"]),
        updated_at=from_ms(row["updated_at"]),
        roles=tuple(row["roles"]),
        enabled=row["enabled"],
        version=row["version"],
        created_by=row["created_by"],
        updated_by=row["updated_by"],
    )


def _pack_role(role: Role) -> dict[str, Any]:
    return {
        "name": role.name,
        "description": role.description,
        "metadata": role.metadata,
        "elasticsearch": role.elasticsearch,
        "kibana": [asdict(entry) for entry in role.kibana],
    }


def _unpack_role(row: RowMapping) -> Role:
    return Role(
        name=row["name"],
        kibana=tuple(
            SpacePrivileges(
                tuple(entry["spaces"]),
                tuple(entry["base"]),
                {name: tuple(privileges) for name, privileges in entry["feature"].items()},
            )
            for entry in row["kibana"]
        ),
        elasticsearch=row["elasticsearch"],
        description=row["description"],
        metadata=row["metadata"],
    )
