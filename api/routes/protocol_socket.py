"""/threads/…/stream/events as a WebSocket: the thread-centric protocol over one connection."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.websockets import WebSocket

from stemma.api.auth.access import RunsRead
from stemma.api.protocol_socket import ProtocolSocket
from stemma.api.schemas.values import ThreadId
from stemma.api.services import Served

router = APIRouter(prefix="/threads/{thread_id}", tags=["thread protocol"])


@router.websocket("/stream/events")
async def stream_socket(socket: WebSocket, thread_id: ThreadId, actor: RunsRead, served: Served) -> None:
    """Commands in; answers, and the events of `subscription.subscribe`, out."""
    await ProtocolSocket(socket, served, actor, str(thread_id)).serve()
