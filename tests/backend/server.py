"""A server of Terraform's http state protocol, with faults on request. POST /-/fault/NAME/COUNT makes the next COUNT
requests that matter misbehave: "500", "cut" (the connection ends in the middle of the answer), "drop" (what was sent
is stored, and no answer comes), "slow". Arguments CERTIFICATE KEY CA: over TLS, to clients with a certificate alone."""
import base64
import hashlib
import json
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock = threading.Lock()
states, locks, faults, log = {}, {}, [], []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", cut=False, md5=False):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if md5:
            self.send_header("Content-MD5", base64.b64encode(hashlib.md5(body).digest()).decode())
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if cut else body)
        if cut:
            self.wfile.flush()
            self.hang_up()

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def handle_request(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path.startswith("/-/"):
            return self.control(path[3:].split("/"))
        with lock:
            log.append(f"{self.command} {self.path}")
            fault = faults.pop(0) if faults else ""
        if fault == "500":
            return self.answer(500)
        if fault == "slow":
            time.sleep(0.5)
        given = self.headers.get("Content-MD5")
        if given and base64.b64decode(given) != hashlib.md5(body).digest():
            return self.answer(400)
        with lock:
            status, result = self.carry_out(path, query, body)
        if fault == "drop":
            return self.hang_up()
        self.answer(status, result, cut=fault == "cut", md5=self.command == "GET")

    def carry_out(self, path, query, body):
        if self.command == "GET":
            return (200, states[path]) if path in states else (404, b"")
        if self.command in ("POST", "PUT"):
            held = locks.get(path)
            if held and f"ID={json.loads(held)['ID']}" != query:
                return 423, held
            states[path] = body
            return 200, b""
        if self.command == "LOCK":
            if path in locks:
                return 423, locks[path]
            locks[path] = body
            return 200, b""
        if self.command == "UNLOCK":
            held = locks.get(path)
            if held and body and json.loads(held)["ID"] != json.loads(body)["ID"]:
                return 409, held
            locks.pop(path, None)
            return 200, b""
        return 405, b""

    def control(self, words):
        if words[0] == "fault":
            faults.extend([words[1]] * int(words[2]))
        elif words[0] == "clear":
            faults.clear()
        self.answer(200, json.dumps({"log": log, "locks": {k: v.decode() for k, v in locks.items()}}).encode())

    do_GET = do_POST = do_PUT = do_LOCK = do_UNLOCK = do_DELETE = handle_request


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that are killed in the middle of a request are part of the tests."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    context.load_verify_locations(sys.argv[3])
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
