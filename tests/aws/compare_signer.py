"""Listens as an AWS endpoint, lets iac ask who it is, and signs what came in once more with botocore.

usage: compare_signer.py IAC
"""
import http.server
import os
import re
import subprocess
import sys
import tempfile
import threading

import botocore.auth
import botocore.awsrequest
import botocore.credentials

ANSWER = b"""<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/u</Arn>
<UserId>u</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token/with+signs==")
checked, wrong = 0, []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global checked
        body = self.rfile.read(int(self.headers["Content-Length"]))
        given = self.headers["Authorization"]
        signed = re.search("SignedHeaders=([^,]+)", given).group(1).split(";")
        headers = {name: self.headers[name] for name in signed}
        request = botocore.awsrequest.AWSRequest(
            method="POST", url=f"http://{self.headers['Host']}{self.path}", data=body, headers=headers)
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(*KEYS), "sts", "eu-west-3")
        canonical = signer.canonical_request(request)
        signature = signer.signature(signer.string_to_sign(request, canonical), request)
        checked += 1
        if f"Signature={signature}" not in given:
            wrong.append((given, canonical))
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
env = dict(os.environ, AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}/a%20b/", AWS_ACCESS_KEY_ID=KEYS[0],
           AWS_SECRET_ACCESS_KEY=KEYS[1], AWS_SESSION_TOKEN=KEYS[2], AWS_REGION="eu-west-3")
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "main.tf"), "w", encoding="utf-8") as f:
        f.write('data "aws_caller_identity" "me" {\n}\n')
    for command in (["init"], ["plan"]):
        run = subprocess.run([sys.argv[1], *command, "-no-color"], cwd=folder, env=env, capture_output=True, text=True)
        if run.returncode:
            sys.exit(run.stdout + run.stderr)
if wrong or not checked:
    sys.exit(f"{checked} requests checked; signed otherwise: {wrong}")
print(f"{checked} requests signed alike")
