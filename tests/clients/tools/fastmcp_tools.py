"""FastMCP makes tools for a language model of every document: each operation is one, and with them presence of a demo is
set, read, and refused as documented. Usage: fastmcp_tools.py URL"""

import asyncio
import json
import sys
import urllib.request

import httpx2 as httpx
from fastmcp import Client, FastMCP
from fastmcp.exceptions import ToolError

BASE = sys.argv[1].rstrip("/")

# What sets presence and what reads it: the tool, its arguments, and where in its answer what was set is. Then a tool and
# arguments that are refused, and what stands in the refusal.
CASES = {
    "matrix": (
        ("setPresence", {"userId": "@alice:example.com", "presence": "online", "status_msg": "on call"}),
        ("getPresence", {"userId": "@alice:example.com"}, lambda answer: answer["status_msg"], "on call"),
        ("getPresence", {"userId": "@carol:example.com"}, "M_FORBIDDEN"),
    ),
    "pnut": (
        ("setPresence", {"user_id": "me", "presence": "reading"}),
        ("getPresence", {"user_id": "me"}, lambda answer: answer["data"]["presence"], "reading"),
        ("getPresence", {"user_id": "999"}, "404"),
    ),
    "ringcentral": (
        ("UpdateUserPresenceStatus", {"accountId": "~", "extensionId": "~", "message": "lunch"}),
        ("ReadUserPresenceStatus", {"accountId": "~", "extensionId": "~"}, lambda answer: answer["message"], "lunch"),
        ("ReadUserPresenceStatus", {"accountId": "~", "extensionId": "9999"}, "CMN-102"),
    ),
    "presenced": (
        ("putUserPresence", {"userId": "me", "state": "busy", "status": {"text": "in a meeting"}}),
        ("getUserPresence", {"userId": "me"}, lambda answer: answer["status"], "in a meeting"),
        ("getUserPresence", {"userId": "@nobody:example.com"}, "not-found"),
    ),
}


async def tried(dialect, setting, reading, refusal):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    document = json.load(opener.open(f"{BASE}/openapi/{dialect}.json"))
    headers = {"Authorization": "Bearer demo-alice"}
    url = document["servers"][0]["url"]
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
        async with Client(FastMCP.from_openapi(document, client=http)) as client:
            known = {tool.name for tool in await client.list_tools()}
            operations = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
            assert known == operations, f"{dialect}: {known ^ operations}"
            await client.call_tool(*setting)
            name, arguments, read, expected = reading
            answer = await client.call_tool(name, arguments)
            assert read(answer.structured_content) == expected, f"{dialect} {name}: {answer.structured_content}"
            name, arguments, expected = refusal
            try:
                await client.call_tool(name, arguments)
            except ToolError as error:
                assert expected in str(error), f"{dialect} {name}: {error}"
            else:
                raise AssertionError(f"{dialect} {name} is not refused")
            print(f"{dialect}: {len(known)} tools")


for dialect, cases in CASES.items():
    asyncio.run(tried(dialect, *cases))
