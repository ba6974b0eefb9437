"""Specmatic asks a demo the operations of every document with their examples, and holds the answers to the document. It
pairs examples by name, and the documents give parameters and bodies one each without a name: in a copy they get one.
Usage: specmatic_examples.py URL"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from importlib.resources import files
from pathlib import Path

BASE = sys.argv[1].rstrip("/")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Operations that are not asked, with the reason.
LEFT_OUT = {}


def example(document, content):
    """The first example of a body."""
    if "example" in content:
        return content["example"]
    for named in content.get("examples", {}).values():
        return named["value"]
    schema = content["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema.get("example")


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


def tried(dialect, token):
    document = json.load(OPENER.open(f"{BASE}/openapi/{dialect}.json"))
    for path, item in document["paths"].items():
        for method, operation in list(item.items()):
            if operation["operationId"] in LEFT_OUT:
                del item[method]
            else:
                name_examples(document, operation)
    document["paths"] = {path: item for path, item in document["paths"].items() if item}
    schemes = document["components"]["securitySchemes"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "document.json").write_text(json.dumps(document))
        words = ["java", "-jar", files("specmatic") / "core" / "specmatic.jar", "test", "document.json"]
        words += ["--testBaseURL", document["servers"][0]["url"], "--strict"]
        environment = os.environ | dict.fromkeys(schemes, token)
        ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    [count] = re.findall(r"^Tests run: .*$", ran.stdout, re.MULTILINE)[-1:] or [ran.stdout + ran.stderr]
    print(f"{dialect}: {count}")
    open(f"/tmp/sp-{dialect}.txt", "w").write(ran.stdout + ran.stderr)
    return ran.returncode == 0


results = [tried(dialect, "demo-alice") for dialect in ("matrix", "pnut", "ringcentral", "presenced")]
sys.exit(not all(results))
