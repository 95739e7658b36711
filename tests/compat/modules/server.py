#!/usr/bin/env python3
"""A module registry, and a server of packages, on 127.0.0.1: server.py PORT_FILE. Packages are made in memory; the
wicked ones are what nobody should unpack. Logs nothing; /count says how many archives were sent."""
import bz2
import gzip
import hashlib
import http.server
import io
import json
import lzma
import sys
import tarfile
import zipfile

FILES = {
    "main.tf": 'variable "name" {\n  default = "none"\n}\noutput "name" {\n  value = "package ${var.name}"\n}\n',
    "sub/main.tf": 'output "name" {\n  value = "sub"\n}\n',
    "modules/deep/main.tf": 'module "inner" {\n  source = "../../sub"\n}\noutput "name" {\n'
                            '  value = module.inner.name\n}\n',
}
VERSIONS = ["1.0.0", "1.2.0", "1.10.0", "2.0.0-beta1", "not-a-version"]
sent = 0


def tar(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data) if data is not None else None)
    return out.getvalue()


def file_entry(name, text):
    info = tarfile.TarInfo(name)
    info.size = len(text)
    return info, text


def link_entry(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info, None


def plain():
    return tar([file_entry(name, text.encode()) for name, text in sorted(FILES.items())])


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(FILES.items()):
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def bomb():
    """Four gigabytes of zeros in a few kilobytes: a gzip stream may be joined from members."""
    info = tarfile.TarInfo("zeros")
    info.size = 4 << 30
    chunk = gzip.compress(bytes(64 << 20), 9, mtime=0)
    return gzip.compress(info.tobuf(), mtime=0) + chunk * 64


main = file_entry("main.tf", b"")
ARCHIVES = {
    "pkg.tar.gz": lambda: gzip.compress(plain(), mtime=0),
    "pkg.tgz": lambda: gzip.compress(plain(), mtime=0),
    "pkg.tar.bz2": lambda: bz2.compress(plain()),
    "pkg.tar.xz": lambda: lzma.compress(plain()),
    "pkg.zip": zipped,
    "noname": lambda: gzip.compress(plain(), mtime=0),
    "dotdot.tar.gz": lambda: gzip.compress(tar([main, file_entry("../escaped.tf", b"")])),
    "absolute.tar.gz": lambda: gzip.compress(tar([main, file_entry("/tmp/escaped-by-archive.tf", b"")])),
    "symlink.tar.gz": lambda: gzip.compress(tar([main, link_entry("etc", "/etc")])),
    "through.tar.gz": lambda: gzip.compress(tar([main, link_entry("out", "../../.."), file_entry("out/escaped.tf",
                                                                                                b"")])),
    "chain.tar.gz": lambda: gzip.compress(tar([main, link_entry("a/b", ".."), link_entry("c", "a/b/..")])),
    "hardlink.tar.gz": lambda: gzip.compress(tar([main, link_entry("p", "/etc/passwd", tarfile.LNKTYPE)])),
    "inside.tar.gz": lambda: gzip.compress(tar([file_entry("text/real", b'output "name" {\n  value = "linked"\n}\n'),
                                                link_entry("link.tf", "text/real"), link_entry("nowhere", "gone")])),
    "damaged.tar.gz": lambda: gzip.compress(plain(), mtime=0)[:200],
    "bomb.tar.gz": bomb,
}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def registry(self, parts):
        if parts[0] == "private" and self.headers.get("Authorization") != "Bearer good-token":
            return self.answer(401)
        if parts[:1] == ["broken"]:
            return self.answer(200, b"nonsense")
        if parts[0] not in ("acme", "private") or parts[1] not in ("pkg", "empty", "lost"):
            return self.answer(404)
        if parts[-1] == "versions":
            versions = [] if parts[1] == "empty" else VERSIONS
            return self.answer(200, json.dumps({"modules": [{"versions": [{"version": v} for v in versions]}]}).encode())
        location = "/archive/pkg.tar.gz?version=" + parts[3]
        if parts[1] == "lost":
            return self.answer(204)
        if parts[2] == "json":
            return self.answer(200, json.dumps({"location": location}).encode())
        if parts[2] == "subdir":
            location = "/archive/pkg.tar.gz//modules"
        return self.answer(204, X_Terraform_Get=location)

    def do_GET(self):
        global sent
        path = self.path.split("?")[0]
        parts = path.strip("/").split("/")
        if path == "/.well-known/terraform.json":
            return self.answer(200, b'{"modules.v1":"/v1/modules/"}', Content_Type="application/json")
        if parts[:2] == ["v1", "modules"] and len(parts) >= 6:
            return self.registry(parts[2:])
        if parts[0] == "archive" and parts[-1] in ARCHIVES:
            if self.command == "GET":
                sent += 1
            return self.answer(200, ARCHIVES[parts[-1]]())
        if path == "/header":
            return self.answer(204, X_Terraform_Get="/archive/pkg.tar.gz//sub")
        if path == "/meta":
            return self.answer(200, b'<html><head><meta name="terraform-get" content="/archive/pkg.zip"></head></html>',
                               Content_Type="text/html")
        if path == "/nothing":
            return self.answer(200, b"<html></html>", Content_Type="text/html")
        if path == "/loop":
            return self.answer(204, X_Terraform_Get="/loop")
        if path == "/file":
            return self.answer(204, X_Terraform_Get="file:///etc")
        if path == "/redirect.tar.gz":
            return self.answer(302, Location="/archive/pkg.tar.gz")
        if path == "/sha256":
            return self.answer(200, hashlib.sha256(ARCHIVES["pkg.tar.gz"]()).hexdigest().encode())
        if path == "/count":
            return self.answer(200, str(sent).encode())
        return self.answer(404)

    do_HEAD = do_GET


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
with open(sys.argv[1], "w") as out:
    out.write(str(server.server_address[1]))
server.serve_forever()
