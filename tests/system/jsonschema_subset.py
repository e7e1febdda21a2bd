# SPDX-License-Identifier: BSD-2-Clause
"""jsonschema_subset.py - as much of JSON Schema as our schema uses

A keyword that is not known here is an error: it would check nothing.
"""

import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "integer": int, "number": (int, float)}
ANNOTATIONS = {"$schema", "title", "description", "default", "definitions"}


def _is_type(value, name):
    # True is no number in JSON.
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, TYPES[name])


def _same(a, b):
    return type(a) is type(b) and a == b


def _listed(value):
    return value if isinstance(value, list) else [value]


class _Checker:
    def __init__(self, root):
        self.root = root

    def valid(self, schema, value):
        if isinstance(schema, bool):
            return schema
        good = True
        for keyword, said in schema.items():
            if keyword in ANNOTATIONS:
                continue
            name = "_" + keyword.lstrip("$").lower()
            good = good and getattr(self, name)(said, value, schema)
        return good

    def _ref(self, said, value, _):
        at = self.root
        for part in said.lstrip("#/").split("/"):
            at = at[part]
        return self.valid(at, value)

    def _type(self, said, value, _):
        return any(_is_type(value, name) for name in _listed(said))

    def _enum(self, said, value, _):
        return any(_same(item, value) for item in said)

    def _const(self, said, value, _):
        return _same(said, value)

    def _anyof(self, said, value, _):
        return any(self.valid(schema, value) for schema in said)

    def _allof(self, said, value, _):
        return all(self.valid(schema, value) for schema in said)

    def _if(self, said, value, schema):
        return not self.valid(said, value) or self.valid(
            schema["then"], value)

    def _then(self, *_):
        return True

    def _minimum(self, said, value, _):
        return not _is_type(value, "number") or value >= said

    def _maximum(self, said, value, _):
        return not _is_type(value, "number") or value <= said

    def _minlength(self, said, value, _):
        return not isinstance(value, str) or len(value) >= said

    def _maxlength(self, said, value, _):
        return not isinstance(value, str) or len(value) <= said

    def _pattern(self, said, value, _):
        return not isinstance(value, str) or bool(re.search(said, value))

    def _items(self, said, value, _):
        return not isinstance(value, list) or all(
            self.valid(said, item) for item in value)

    def _properties(self, said, value, _):
        return not isinstance(value, dict) or all(
            self.valid(said[name], item) for name, item in value.items()
            if name in said)

    def _additionalproperties(self, said, value, schema):
        return not isinstance(value, dict) or all(
            self.valid(said, item) for name, item in value.items()
            if name not in schema["properties"])

    def _required(self, said, value, _):
        return not isinstance(value, dict) or all(
            name in value for name in said)


def is_valid(schema, value):
    return _Checker(schema).valid(schema, value)
