"""`stemma keys …`: who may use a server. Decides what the commands take and print.

They write to the run store that GRAPHS_DATABASE_URL names; a running server knows of it at the next request.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stemma.memory.scope import DEFAULT_TENANT

if TYPE_CHECKING:
    from stemma.graphs.keys.model import ApiKey

keys_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Who may use a server: make and revoke keys.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
_ROLES = "reader, runner (also runs, threads, feedback) or admin (also assistants, memory)"


@keys_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for, to tell it from others.")],
    role: Annotated[str, typer.Option(help=_ROLES)] = "runner",
    tenant: Annotated[str, typer.Option(help="Whose threads, runs and memory it opens.")] = DEFAULT_TENANT,
    user: Annotated[str, typer.Option(help="Who it is within the tenant; empty is nobody in particular.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key and print its secret, this once. From the first one on, a server answers nobody without a key."""
    key, secret = asyncio.run(_create(name, role, tenant, user))
    if as_json:
        typer.echo(json.dumps({**_record(key), "secret": secret}, ensure_ascii=False))
        return
    typer.echo(f"made key {key.key_id} ({key.role.value}); its secret is shown only now:")
    typer.echo(secret)
    typer.echo(f"clients send it as x-api-key; undo: stemma keys revoke {key.key_id}")


@keys_app.command("ls")
def ls(as_json: Json = False) -> None:
    """List the keys, revoked ones too; never their secrets."""
    from stemma.memory.terminal import printable

    found = asyncio.run(_list())
    if as_json:
        typer.echo(json.dumps({"keys": [_record(key) for key in found]}, ensure_ascii=False))
        return
    if not found:
        typer.echo("there are no keys: stemma keys create NAME --role runner")
    for key in found:
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else f"since {key.created_at:%Y-%m-%d}"
        whose = f"{key.tenant or 'default'}{f'/{key.user}' if key.user else ''}"
        typer.echo(f"{key.key_id}  {key.role.value:<6}  {printable(whose)}  {printable(key.name)}  {state}")


@keys_app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="As `stemma keys ls` shows it.")], as_json: Json = False) -> None:
    """Make a key useless, at once and for good."""
    key = asyncio.run(_revoke(key_id))
    if as_json:
        typer.echo(json.dumps(_record(key), ensure_ascii=False))
    else:
        typer.echo(f"revoked {key.key_id}; whoever sends it is refused from now on")


async def _create(name: str, role: str, tenant: str, user: str) -> tuple[ApiKey, str]:
    from stemma.graphs.errors import InvalidRequest
    from stemma.graphs.keys.model import Role
    from stemma.graphs.keys.opened import open_keys

    if role not in list(Role):
        raise InvalidRequest(f"there is no role {role!r}", field="role", hint=f"--role takes {_ROLES}")
    async with open_keys() as keys:
        return await keys.create(name, tenant=tenant, user=user, role=Role(role))


async def _list() -> list[ApiKey]:
    from stemma.graphs.keys.opened import open_keys

    async with open_keys() as keys:
        return await keys.list()


async def _revoke(key_id: str) -> ApiKey:
    from stemma.graphs.keys.opened import open_keys

    async with open_keys() as keys:
        return await keys.revoke(key_id)


def _record(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "role": key.role.value,
        "tenant": key.tenant,
        "user": key.user,
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
