"""What a machine posts, read no further than it may be long: before anybody knows who it is."""

from fastapi import HTTPException, Request


async def body_of(request: Request, most_bytes: int) -> bytes:
    """The body as it came over the wire; 413 as soon as it is longer."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise HTTPException(413)
    return bytes(body)
