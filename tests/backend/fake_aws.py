"""What AWS gives keys with, on loopback: STS (AssumeRole, AssumeRoleWithWebIdentity, GetCallerIdentity), the instance
metadata service (version 2), a container's agent, IAM Identity Center. What is asked of anything else goes on to
`upstream`, a moto_server. `log` has (what, who, parameters) for each request: `who` is the access key that signed it.
Roles whose names end in "refused" are refused, and tokens of the metadata service are asked for."""
import base64
import hashlib
import http.client
import json
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

UNTIL = "2040-01-01T00:00:00Z"


def keys_of(name):
    return {"AccessKeyId": f"ASIA{name}", "SecretAccessKey": f"secret-{name}", "Token": f"token-{name}", "Expiration": UNTIL}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body, headers=()):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_request(self):
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        found = re.search(r"Credential=([^/]*)/", self.headers.get("Authorization") or "")
        who = found.group(1) if found else ""
        form = dict(urllib.parse.parse_qsl(body.decode("latin-1"))) if b"Action=" in body else {}
        if path.startswith("/latest/"):
            return self.metadata(path)
        if path == "/agent":
            fake.log.append(("agent", self.headers.get("Authorization") or "", {}))
            return self.answer(200, json.dumps(keys_of("AGENT")))
        if path == "/federation/credentials":
            fake.log.append(("sso", self.headers.get("x-amz-sso_bearer_token") or "", dict(urllib.parse.parse_qsl(query))))
            return self.answer(200, json.dumps({"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "s",
                                                                    "sessionToken": "t", "expiration": 2208988800000}}))
        if form.get("Action") in ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"):
            fake.log.append((form["Action"], who, form))
            return self.sts(form)
        target = self.headers.get("X-Amz-Target") or form.get("Action") or f"{self.command} {path}"
        is_json = target.startswith("TrentService.")
        fake.log.append((target, who, json.loads(body) if is_json else {k.lower(): v for k, v in self.headers.items()}))
        if is_json and json.loads(body).get("KeyId") in fake.refused_keys:
            return self.answer(400, '{"__type":"com.amazonaws.kms#IncorrectKeyException","message":"not this key"}',
                               [("x-amzn-RequestId", "id-3")])
        return self.forward(body)

    def sts(self, form):
        action, arn = form["Action"], form.get("RoleArn", "")
        result = "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/u</Arn><UserId>U</UserId>"
        if arn.endswith("refused"):
            return self.answer(403, '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
                               f"<Code>AccessDenied</Code><Message>not authorized to perform: sts:{action}</Message></Error>"
                               "<RequestId>id-1</RequestId></ErrorResponse>", [("Content-Type", "text/xml")])
        if action != "GetCallerIdentity":
            given = keys_of(arn.rpartition("/")[2])
            result = (f"<Credentials><AccessKeyId>{given['AccessKeyId']}</AccessKeyId><SecretAccessKey>"
                      f"{given['SecretAccessKey']}</SecretAccessKey><SessionToken>{given['Token']}</SessionToken><Expiration>"
                      f"{UNTIL}</Expiration></Credentials>")
        self.answer(200, f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>{result}'
                    f"</{action}Result><ResponseMetadata><RequestId>id-2</RequestId></ResponseMetadata></{action}Response>",
                    [("Content-Type", "text/xml")])

    def metadata(self, path):
        log = self.server.fake.log
        if self.command == "PUT":
            return self.answer(200, "imds-token", [("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")])
        if self.headers.get("X-aws-ec2-metadata-token") != "imds-token":
            return self.answer(401, "")
        log.append(("metadata", "", path))
        if path.endswith("/security-credentials/"):
            return self.answer(200, "instance-role")
        if path.endswith("/security-credentials/instance-role"):
            return self.answer(200, json.dumps({**keys_of("IMDS"), "Code": "Success"}))
        return self.answer(200, "us-east-1") if path.endswith("/placement/region") else self.answer(404, "")

    def sealed(self):
        """Objects under a key of the customer are only given to who sends it: moto takes any."""
        key = self.headers.get("x-amz-server-side-encryption-customer-key")
        path, kept = self.path.partition("?")[0], self.server.fake.customer_keys
        if key:
            digest = base64.b64encode(hashlib.md5(base64.b64decode(key)).digest()).decode()
            if self.headers.get("x-amz-server-side-encryption-customer-key-md5") != digest:
                return False
        if self.command == "PUT":
            kept[path] = key
        return kept.get(path) == key or path not in kept or self.command == "DELETE"

    def forward(self, body):
        if not self.sealed():
            return self.answer(400, "<Error><Code>InvalidRequest</Code><Message>wrong key of the customer</Message></Error>")
        upstream = http.client.HTTPConnection(*self.server.fake.upstream, timeout=60)
        headers = {k: v for k, v in self.headers.items()
                   if k.lower() != "connection" and not k.lower().startswith("x-amz-server-side-encryption-customer")}
        upstream.request(self.command, self.path, body, headers)
        got = upstream.getresponse()
        answer = got.read()
        kept = [(k, v) for k, v in got.getheaders() if k.lower() not in ("transfer-encoding", "connection", "content-length")]
        if self.command == "HEAD":
            kept.append(("Content-Length", got.getheader("Content-Length") or "0"))
        upstream.close()
        self.answer(got.status, answer, kept)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_request


class Fake:
    def __init__(self, upstream=None):
        self.log, self.customer_keys, self.refused_keys, self.upstream = [], {}, set(), upstream
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.fake = self
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
