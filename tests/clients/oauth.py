"""The Python SDK, version 2, from the pasted URL alone. Usage: see oauth.mjs, which does the same."""

import asyncio
import json
import sys
import time
from urllib.parse import parse_qs, urlsplit

from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken


class Kept:
    """What a program keeps between its starts."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None
        self.refreshed = -1
        self.registrations = 0

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens
        self.refreshed += 1

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info
        self.registrations += 1


async def run(url: str, tool: str) -> dict[str, object]:
    answer: asyncio.Future[dict[str, list[str]]] = asyncio.get_running_loop().create_future()

    async def called_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).split()[1].decode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK")
        await writer.drain()
        writer.close()
        if not answer.done() and path.startswith("/callback"):
            answer.set_result(parse_qs(urlsplit(path).query))

    async def redirect(address: str) -> None:
        print(address, flush=True)

    async def callback() -> AuthorizationCodeResult:
        fields = {name: values[0] for name, values in (await answer).items()}
        return AuthorizationCodeResult(code=fields["code"], state=fields.get("state"), iss=fields.get("iss"))

    server = await asyncio.start_server(called_back, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    kept = Kept()
    metadata = OAuthClientMetadata.model_validate(
        {
            "client_name": "The Python client",
            "redirect_uris": [f"http://127.0.0.1:{port}/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
    )
    auth = OAuthClientProvider(url, metadata, kept, redirect_handler=redirect, callback_handler=callback)
    calls, tools = 0, 0
    async with server, create_mcp_http_client(auth=auth) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            tools = len((await client.list_tools()).tools)
            until = time.monotonic() + 30
            while True:
                result = await client.call_tool(tool, {})
                if result.is_error:
                    raise RuntimeError(result.content[0].text)
                calls += 1
                if kept.refreshed >= 1 or time.monotonic() > until:
                    break
                await asyncio.sleep(0.5)
    if kept.refreshed < 1 or kept.tokens is None:
        raise RuntimeError("it never fetched the next token")
    return {"tools": tools, "calls": calls, "scope": kept.tokens.scope, "registrations": kept.registrations,
            "refreshed": kept.refreshed}


def main() -> int:
    url, tool = sys.argv[1:]
    figures = asyncio.run(run(url, tool))
    print(json.dumps({"client": "python-2", **figures}, separators=(",", ":")))
    return 0


sys.exit(main())
