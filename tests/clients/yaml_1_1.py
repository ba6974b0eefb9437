"""The documents as YAML are the same as JSON to a reader of YAML 1.1, whatever looks like a date or a boolean.

Usage: yaml_1_1.py PRESENCED
"""

import json
import subprocess
import sys

import yaml


def printed(*arguments):
    return subprocess.run([sys.argv[1], "openapi", *arguments], check=True, capture_output=True).stdout


for document in [
    ["matrix"],
    ["pnut"],
    ["ringcentral"],
    ["presenced"],
    ["ringcentral-webhooks"],
    ["ringcentral", "--oas", "3.0"],
]:
    read = yaml.safe_load(printed(*document))
    assert read == json.loads(printed(*document, "--format", "json")), document
