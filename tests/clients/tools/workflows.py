"""Runs what docs/workflows tells client teams to run in their CI, against a demo: every `run:` of every workflow as its
runner would, in a folder of its own, and the plain scripts, which start a demo themselves. Usage: workflows.py URL"""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import ruamel.yaml

BASE = sys.argv[1].rstrip("/")
WORKFLOWS = Path("docs/workflows").resolve()
BINARIES = Path("target/debug").resolve()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(words, folder, **environment):
    path = f"{BINARIES}{os.pathsep}{os.environ['PATH']}"
    direct = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    ran = subprocess.run(words, cwd=folder, env=os.environ | direct | {"PATH": path} | environment, stdin=subprocess.DEVNULL)
    if ran.returncode:
        sys.exit(f"{words}: {ran.returncode}")


for file in sorted(WORKFLOWS.glob("*.yml")):
    check = Path(sys.executable).with_name("check-jsonschema")
    run([check, "--builtin-schema", "vendor.github-workflows", file], ".")
    jobs = ruamel.yaml.YAML(typ="safe").load(file)["jobs"]
    for name, job in jobs.items():
        steps = [step for step in job["steps"] if "run" in step]
        assert steps, f"{file}: {name} has no steps to run"
        with tempfile.TemporaryDirectory() as folder:
            for step in steps:
                print(f"{file.name}: {step['name']}", flush=True)
                run(["bash", "-e", "-c", step["run"]], folder, **job["env"] | {"PRESENCED_URL": BASE})

for file in sorted(WORKFLOWS.glob("*.sh")):
    print(file.name, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        run([file], folder, PRESENCED_ADDRESS=f"127.0.0.1:{free_port()}")
