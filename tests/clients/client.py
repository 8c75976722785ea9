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

REVISION = {"legacy": r"2025-.*", "auto": r"2026-07-28"}


class Wrong(Exception):
    """Something that the server must not do, as a sentence."""


def check_answer(tool: Any, result: Any) -> dict[str, Any]:
    if result.is_error:
        raise Wrong(f"{tool.name} answered an error: {result.content[0].text if result.content else None}")
    if tool.output_schema is None:
        raise Wrong(f"{tool.name} has no outputSchema.")
    if result.structured_content is None:
        raise Wrong(f"{tool.name} answered without structuredContent.")
    try:
        jsonschema.Draft202012Validator(tool.output_schema).validate(result.structured_content)
    except jsonschema.ValidationError as error:
        raise Wrong(f"{tool.name} broke its outputSchema: {error.json_path} {error.message}.") from error
    return result.structured_content


def resolve(value: Any, answers: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [resolve(item, answers) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(source := value.get("$from"), str):
        tool, _, field = source.partition(".")
        if (found := answers.get(tool, {}).get(field)) is None:
            raise Wrong(f"the plan wants {source}, and no earlier step answered that.")
        return found
    return {key: resolve(item, answers) for key, item in value.items()}


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
    if not tools:
        raise Wrong("the server lists no tools.")
    answers: dict[str, Any] = {}
    calls = 0

    async def call(tool: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        answers[tool.name] = check_answer(tool, await client.call_tool(tool.name, arguments))
        return answers[tool.name]

    for step in plan:
        tool = tools.get(step["tool"])
        if tool is None:
            raise Wrong(f"the plan calls {step['tool']}, which the server does not list.")
        arguments = resolve(step.get("arguments", {}), answers)
        answer = await call(tool, arguments)
        if step.get("write"):
            if not answer.get("preview_id"):
                raise Wrong(f"{tool.name} writes, and its first answer has no preview_id.")
            await call(tool, {**arguments, "preview_id": answer["preview_id"]})
    if missed := [name for name in tools if name not in answers]:
        raise Wrong(f"the plan never calls {', '.join(missed)}.")
    return {"tools": len(tools), "calls": calls}


async def run(url: str, api_key: str, plan: list[dict[str, Any]], era: str) -> dict[str, Any]:
    async with create_mcp_http_client(headers={"Authorization": f"Bearer {api_key}"}) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=era) as client:
            version = client.protocol_version
            if not re.fullmatch(REVISION[era], version):
                raise Wrong(f"negotiated {version}, which is not a {era} revision.")
            return {"era": era, "protocolVersion": version, **await exercise(client, plan)}


def causes(error: BaseException) -> list[BaseException]:
    """The SDK runs in task groups, which wrap what was raised inside."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for inner in error.exceptions for cause in causes(inner)]
    return [error]


def main() -> int:
    if len(sys.argv) < 3:
        print("usage: client.py URL API_KEY PLAN [legacy|auto]", file=sys.stderr)
        return 2
    url, api_key, plan_file, era = [*sys.argv[1:], *["-", "auto"][len(sys.argv) - 3 :]][:4]
    with sys.stdin if plan_file == "-" else open(plan_file, encoding="utf-8") as file:
        plan = json.load(file)
    try:
        print(json.dumps({"client": "python-2", **asyncio.run(run(url, api_key, plan, era))}))
    except Exception as error:
        print(f"python-2: {'; '.join(str(cause) for cause in causes(error))}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
