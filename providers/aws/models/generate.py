#!/usr/bin/env python3
"""Writes the tables of API shapes (svc_*.c) that the provider is built with.

A maintainer runs it after a description in ../descriptors names a new operation; the result is committed. It reads the
service models of an installed botocore (Apache-2.0, see NOTICE) and keeps, of each service, the operations that the
descriptions name and the shapes that these reach.

    python3 providers/aws/models/generate.py
"""
import glob
import os
import re
import sys

import botocore
import botocore.loaders

HERE = os.path.dirname(os.path.abspath(__file__))
# What C code calls itself, beside what descriptions name.
ALWAYS = {"sts": {"AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"}}
KINDS = {
    "structure": "STRUCT", "list": "LIST", "map": "MAP", "string": "STRING", "character": "STRING",
    "integer": "INTEGER", "long": "INTEGER", "short": "INTEGER", "byte": "INTEGER", "float": "FLOAT", "double": "FLOAT",
    "bigdecimal": "FLOAT", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "blob": "BLOB",
}
PROTOCOLS = {"ec2": "EC2", "query": "QUERY", "json": "JSON"}


def operations_named(loader):
    """Service -> operations, from the words of the descriptions."""
    named = {service: set(ops) for service, ops in ALWAYS.items()}
    for path in sorted(glob.glob(os.path.join(HERE, "..", "descriptors", "*.rd"))):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for service in re.findall(r"\bservice=(\S+)", text):
            model = loader.load_service_model(service, "service-2")
            words = set(re.findall(r"[A-Za-z0-9]+", text))
            if re.search(r"^tags ec2\b", text, re.M):
                words |= {"CreateTags", "DeleteTags"}
            named.setdefault(service, set()).update(words & set(model["operations"]))
    return named


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if text is not None else "NULL"


class Service:
    def __init__(self, name, model, operations):
        self.name, self.model, self.operations = name, model, sorted(operations)
        self.meta = model["metadata"]
        supported = [p for p in self.meta.get("protocols", [self.meta["protocol"]]) if p in PROTOCOLS]
        if not supported:
            sys.exit(f"{name}: no supported protocol in {self.meta}")
        self.protocol = supported[0]
        self.numbers, self.rows, self.members = {}, [], []

    def shape(self, name):
        """The number of a shape; adds it and what it reaches."""
        if name in self.numbers:
            return self.numbers[name]
        number = self.numbers[name] = len(self.rows)
        shape = self.model["shapes"][name]
        self.rows.append(None)
        kind, flags, first, count, key, value, wire, wire_value = KINDS[shape["type"]], [], 0, 0, 0, 0, None, None
        if shape.get("flattened"):
            flags.append("AWS_FLATTENED")
        if kind == "STRUCT":
            rows = [self.member(n, m, shape.get("required", [])) for n, m in shape["members"].items()]
            first, count = len(self.members), len(rows)
            self.members.extend(rows)
            # Shapes of members come after, so that a structure's members stand together.
            for i, (n, m) in enumerate(shape["members"].items()):
                target = self.shape(m["shape"])
                self.members[first + i] = self.members[first + i].replace("@", str(target))
        elif kind == "LIST":
            value = self.shape(shape["member"]["shape"])
            wire = shape["member"].get("locationName")
        elif kind == "MAP":
            key, value = self.shape(shape["key"]["shape"]), self.shape(shape["value"]["shape"])
            wire, wire_value = shape["key"].get("locationName"), shape["value"].get("locationName")
        self.rows[number] = (
            f"    {{ AWS_{kind}, {' | '.join(flags) or '0'}, {first}, {count}, {key}, {value}, "
            f"{quote(wire)}, {quote(wire_value)} }}, /* {number} {name} */")
        return number

    def member(self, name, member, required):
        location = member.get("locationName")
        request = location or name
        if self.protocol == "ec2":
            request = member.get("queryName") or (location[0].upper() + location[1:] if location else name)
        flags = []
        if member.get("idempotencyToken"):
            flags.append("AWS_TOKEN")
        if name in required:
            flags.append("AWS_REQUIRED")
        if member.get("flattened"):
            flags.append("AWS_FLATTENED")
        answer = location or name
        return (f"    {{ {quote(name)}, {quote(request if request != name else None)}, "
                f"{quote(answer if answer != name else None)}, @, {' | '.join(flags) or '0'} }},")

    def text(self):
        ops = []
        for name in self.operations:
            op = self.model["operations"][name]
            given = self.shape(op["input"]["shape"]) if "input" in op else -1
            got = self.shape(op["output"]["shape"]) if "output" in op else -1
            wrapper = op.get("output", {}).get("resultWrapper")
            ops.append(f"    {{ {quote(name)}, {given}, {got}, {quote(wrapper)} }},")
        errors = set()
        for name in self.operations:
            for error in self.model["operations"][name].get("errors", []):
                shape = self.model["shapes"][error["shape"]]
                errors.add(shape.get("error", {}).get("code", error["shape"]))
        c = self.name.replace("-", "_")
        m = self.meta
        lines = [
            f"/* svc_{c}.c - API shapes of {m['serviceId']}. Written by generate.py from botocore {botocore.__version__};"
            " do not edit. See NOTICE. */",
            '#include "providers/aws/shape.h"', "",
            "static const aws_member members[] = {", *(self.members or ["    { 0 },"]), "};", "",
            "static const aws_shape shapes[] = {", *self.rows, "};", "",
            "static const aws_op ops[] = {", *ops, "};", "",
            "static const char *const errors[] = {", *(f"    {quote(e)}," for e in sorted(errors)), "    NULL,", "};", "",
            f"const aws_service aws_service_{c} = {{",
            f"    .name = {quote(self.name)},",
            f"    .id = {quote(m['serviceId'])},",
            f"    .endpoint_prefix = {quote(m['endpointPrefix'])},",
            f"    .signing_name = {quote(m.get('signingName', m['endpointPrefix']))},",
            f"    .protocol = AWS_PROTOCOL_{PROTOCOLS[self.protocol]},",
            f"    .api_version = {quote(m['apiVersion'])},",
            f"    .target_prefix = {quote(m.get('targetPrefix'))},",
            f"    .json_version = {quote(m.get('jsonVersion'))},",
            "    .members = members,", "    .shapes = shapes,", "    .ops = ops,",
            "    .errors = errors,",
            f"    .op_count = {len(ops)},", "};", ""]
        return "\n".join(lines)


def main():
    loader = botocore.loaders.Loader()
    services = operations_named(loader)
    for name, operations in sorted(services.items()):
        service = Service(name, loader.load_service_model(name, "service-2"), operations)
        with open(os.path.join(HERE, f"svc_{name.replace('-', '_')}.c"), "w", encoding="utf-8") as f:
            f.write(service.text())
        print(f"{name}: {len(operations)} operations, {len(service.rows)} shapes, {len(service.members)} members")
    names = [name.replace("-", "_") for name in sorted(services)]
    with open(os.path.join(HERE, "services.c"), "w", encoding="utf-8") as f:
        f.write("/* services.c - the table of services. Written by generate.py; do not edit. See NOTICE. */\n"
                '#include "providers/aws/shape.h"\n\n')
        f.writelines(f"extern const aws_service aws_service_{c};\n" for c in names)
        f.write("\nconst aws_service *const aws_services[] = {\n")
        f.writelines(f"    &aws_service_{c},\n" for c in names)
        f.write("    NULL,\n};\n")


if __name__ == "__main__":
    main()
