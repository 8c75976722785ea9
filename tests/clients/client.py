"""The Python SDK, version 2. Usage and plan: see exercise.mjs, which checks the same things."""

import asyncio
import json
import re
import sys
from typing import Any

import jsonschema
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

REVISION = {"legacy": "2025-11-25", "modern": "2026-07-28"}
MODE = {"legacy": "legacy", "modern": "auto"}
# Listed on every server, also where no step of the plan leaves it anything to do.
KIT = re.compile(r"(^|_)get_job$")
CALL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Wrong(Exception):
    """Something that the server must not do, as a sentence."""


def must(holds: Any, sentence: str) -> None:
    if not holds:
        raise Wrong(sentence)


def check_answer(tool: Any, result: Any) -> dict[str, Any]:
    text = result.content[0].text if result.content else None
    must(result.is_error is False, f"{tool.name} answered an error: {text}")
    must(tool.output_schema, f"{tool.name} has no outputSchema.")
    answer = result.structured_content
    must(answer, f"{tool.name} answered without structuredContent.")
    must(json.loads(text) == answer, f"{tool.name} says one thing as text, another as JSON.")
    try:
        jsonschema.Draft202012Validator(tool.output_schema).validate(answer)
    except jsonschema.ValidationError as error:
        raise Wrong(f"{tool.name} broke its outputSchema: {error.json_path} {error.message}.") from error
    return answer


async def list_tools(client: Client) -> dict[str, Any]:
    tools, cursor = {}, None
    while True:
        page = await client.list_tools(cursor=cursor)
        tools.update({tool.name: tool for tool in page.tools})
        cursor = page.next_cursor
        if not cursor:
            return tools


async def exercise(client: Client, plan: list[dict[str, Any]]) -> dict[str, int]:
    tools = await list_tools(client)
    used: set[str] = set()
    call_ids: set[str] = set()

    async def call(tool: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await client.call_tool(tool.name, arguments)
        call_id = str((result.meta or {}).get("call_id"))
        must(CALL_ID.fullmatch(call_id) and call_id not in call_ids, f"{tool.name} answered with the call_id {call_id}.")
        call_ids.add(call_id)
        return check_answer(tool, result)

    answer: dict[str, Any] = {}
    for step in plan:
        name, arguments, write = step["tool"], step["arguments"], step.get("write", False)
        if taken := step.get("takes"):
            must(taken in answer, f"{name} takes {taken}, which the answer before does not have.")
            arguments = {**arguments, taken: answer[taken]}
        must(name in tools, f"the plan calls {name}, which the server does not list.")
        tool = tools[name]
        hint = tool.annotations and tool.annotations.read_only_hint
        must(hint is (not write), f"{name} is announced as the opposite of what it does.")
        used.add(name)
        answer = await call(tool, arguments)
        if not write:
            continue
        previewed = answer["status"] == "preview" and answer.get("preview_id")
        must(previewed, f"{name} writes, and its first answer is no preview.")
        confirmed = await call(tool, {**arguments, "preview_id": answer["preview_id"]})
        must(confirmed["status"] == "applied", f"{name} was confirmed, and its status is {confirmed['status']}.")
        must(confirmed["after"] == answer["after"], f"{name} did something else than its preview said.")
        answer = confirmed
    missed = [name for name in tools if name not in used and not KIT.search(name)]
    must(not missed, f"the plan never calls {', '.join(missed)}.")
    must(used, "the plan is empty.")
    return {"tools": len(tools), "calls": len(call_ids)}


async def run(url: str, api_key: str, plan: list[dict[str, Any]], era: str) -> dict[str, Any]:
    async with create_mcp_http_client(headers={"Authorization": f"Bearer {api_key}"}) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=MODE[era]) as client:
            version = client.protocol_version
            must(version == REVISION[era], f"negotiated {version}, not {REVISION[era]}.")
            return {"era": era, **await exercise(client, plan)}


def causes(error: BaseException) -> list[BaseException]:
    """The SDK runs in task groups, which wrap what was raised inside."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for inner in error.exceptions for cause in causes(inner)]
    return [error]


def main() -> int:
    if len(sys.argv) != 5 or sys.argv[4] not in REVISION:
        print(f"usage: {sys.argv[0]} URL API_KEY PLAN legacy|modern", file=sys.stderr)
        return 2
    url, api_key, plan_file, era = sys.argv[1:]
    with open(plan_file, encoding="utf-8") as file:
        plan = json.load(file)
    try:
        figures = asyncio.run(run(url, api_key, plan, era))
    except Exception as error:
        print(f"python-2: {'; '.join(str(cause) for cause in causes(error))}", file=sys.stderr)
        return 1
    print(json.dumps({"client": "python-2", **figures}, separators=(",", ":")))
    return 0


sys.exit(main())
