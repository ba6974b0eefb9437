#!/usr/bin/env bash
# The same for any CI: a client's contract with presence, held against a demo of presenced that this script starts.
# `presenced` is on the path (cargo install --locked --path .), and so is curl.
set -euo pipefail

address=${PRESENCED_ADDRESS:-127.0.0.1:8008}
url=http://$address
presenced serve --demo --check-contract --listen "$address" >presenced.log 2>&1 &
demo=$!
trap 'kill "$demo"; wait "$demo" || true' EXIT
until presenced health --url "$url" 2>/dev/null; do
    kill -0 "$demo" || { cat presenced.log; exit 1; }
    sleep 0.1
done

ask() { curl --silent --show-error --fail-with-body --header "Authorization: Bearer $1" "${@:2}"; }

# Here the client's own tests run. These two calls stand for them.
status=$url/_matrix/client/v3/presence/@alice:example.com/status
ask demo-alice --request PUT --json '{"presence": "online", "status_msg": "on call"}' "$status"
ask demo-bob "$status" | grep '"presence":"online"'

# A quarter of an hour later.
ask demo-alice --json '{"seconds": 900}' "$url/presenced/v1/demo/advance"
ask demo-bob "$status" | grep '"presence":"offline"'

# Every refusal that the client has to understand.
for code in 400 401 403 413 429 503; do
    told=$(curl --silent --show-error --output refusal.json --write-out '%{http_code}' --request PUT \
        --header "Prefer: code=$code" "$status")
    echo "$told $(cat refusal.json)"
    test "$told" = "$code"
done

# Whether stubs of the document that the client was written for still fit. Check in a file of your own; this one is new.
test -e matrix.yaml || presenced openapi matrix >matrix.yaml
presenced openapi matrix --check matrix.yaml
