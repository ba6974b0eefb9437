"""standardwebhooks, unmodified: verifies a webhook, whose secret, headers and body are the arguments, and refuses another
body."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

secret, headers, body = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
webhook = Webhook(secret)
assert webhook.verify(body, headers)["type"] == "presence"
try:
    webhook.verify(body + " ", headers)
    raise AssertionError("another body is taken")
except WebhookVerificationError:
    pass
