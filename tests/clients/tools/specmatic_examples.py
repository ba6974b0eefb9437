"""Specmatic asks a demo every presence operation of the documents with its examples, and holds the answers to the
document. It pairs examples by name, and the documents give parameters and bodies one each without a name: in a copy they
get one.
Usage: specmatic_examples.py URL"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from importlib.resources import files
from pathlib import Path

BASE = sys.argv[1].rstrip("/")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Operations that are not asked, with the reason.
LEFT_OUT = {
    "streamChanges": "its answer does not end",
    "updatePresence": "it takes the token of an application",
}


def call(method, path, token, body):
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), method=method)
    request.add_header("Authorization", f"Bearer {token}")
    OPENER.open(request).read()


def prepare():
    """Brings the demo to where every operation has something to work on."""
    queue = {"number": 4, "account": 1, "extensionNumber": "900", "extensionType": "Department"}
    call("PUT", "/presenced/v1/users/@sales:example.com", "demo-admin", queue)
    admin = {"account": 1, "extensionNumber": "101", "accountAdmin": True, "departments": [4]}
    call("PUT", "/presenced/v1/users/@alice:example.com", "demo-admin", admin)
    inviting = {"invite": ["@alice:example.com"]}
    call("POST", "/_matrix/client/v3/presence/list/@carol:example.com", "demo-carol", inviting)


def example(document, content):
    """The example of a body: its own, or that of its schema."""
    if "example" in content:
        return content["example"]
    for named in content.get("examples", {}).values():
        return named["value"]
    return of_schema(document, content["schema"])


def of_schema(document, schema):
    """The example of a schema, made of those of its properties if it has none."""
    if "$ref" in schema:
        return of_schema(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if "example" in schema:
        return schema["example"]
    if "items" in schema:
        return [of_schema(document, schema["items"])]
    for part in schema.get("allOf", schema.get("oneOf", [])):
        return of_schema(document, part)
    return {name: of_schema(document, value) for name, value in schema.get("properties", {}).items()}


def name_examples(document, operation):
    """Has one name for the examples of the request and of the answer when it succeeds; other answers have none."""
    named = lambda value: {"named": {"value": value}}
    given = [parameter for parameter in operation.get("parameters", []) if "example" in parameter]
    for parameter in given:
        parameter["examples"] = named(parameter.pop("example"))
    operation["parameters"] = given
    bodies = operation.get("requestBody", {}).get("content", {})
    for kind in list(bodies)[1:]:
        del bodies[kind]
    for content in bodies.values():
        content["examples"] = named(example(document, content))
        content.pop("example", None)
    first = min(operation["responses"])
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values():
            shown = example(document, content)
            content.pop("example", None)
            content.pop("examples", None)
            if status == first:
                content["examples"] = named(shown)


def tried(dialect):
    document = json.load(OPENER.open(f"{BASE}/openapi/{dialect}.json"))
    for path, item in document["paths"].items():
        for method, operation in list(item.items()):
            if operation["operationId"] in LEFT_OUT or not operation["tags"][0].startswith("Presence"):
                del item[method]
            else:
                name_examples(document, operation)
    document["paths"] = {path: item for path, item in document["paths"].items() if item}
    schemes = document["components"]["securitySchemes"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "document.json").write_text(json.dumps(document))
        words = ["java", "-jar", files("specmatic") / "core" / "specmatic.jar", "test", "document.json"]
        words += ["--testBaseURL", document["servers"][0]["url"], "--strict"]
        environment = os.environ | dict.fromkeys(schemes, "demo-alice")
        ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    asked = sum(len(item) for item in document["paths"].values())
    passed = f"Tests run: {asked}, Successes: {asked}, Failures: 0, WIP: 0, Errors: 0"
    if ran.returncode or passed not in ran.stdout.splitlines():
        sys.exit(f"{dialect}, of {asked} operations:\n{ran.stdout}{ran.stderr}")
    print(f"{dialect}: {asked} operations answer as their examples say")


prepare()
for dialect in ("matrix", "pnut", "ringcentral", "presenced"):
    tried(dialect)
