"""An OpenAPI document, and what an answer does that the document does not allow.

    document = Document(OURS)
    call = document.operation("GET", "/portfolio/balance")
    faults = document.faults(call, response)     # [] when all is as documented

Stricter than JSON Schema alone: members that the document does not name are faults, and numbers in
strings have the number of digits that the venue sends."""

import base64
import collections
import datetime
import json
import os
import pathlib
import re
import uuid

import jsonschema
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
OURS = REPOSITORY / "services/mock-kalshi/rest/docs/openapi.json"
VENUE = pathlib.Path(os.environ.get("EVX_SHARED_DIR", REPOSITORY.parent / "shared"),
                     "kalshi/openapi.yaml")
METHODS = ("get", "post", "put", "delete", "patch")

# The bodies of errors on the wire, which differ from the documents' flat ErrorResponse: a refusal,
# a body that cannot be read, a query that cannot be read, and no budget left.
_TEXT = {"type": "string", "minLength": 1}
ERROR_FORMS = {
    "refusal": {"type": "object", "required": ["error"], "additionalProperties": False,
                "properties": {"error": {
                    "type": "object", "required": ["code", "message"],
                    "additionalProperties": False,
                    "properties": {"code": _TEXT, "message": _TEXT, "details": _TEXT}}}},
    "body": {"type": "object", "required": ["code", "message"], "additionalProperties": False,
             "properties": {"code": {"enum": ["bad_request", "invalid_content_type"]},
                            "message": _TEXT, "details": _TEXT}},
    "query": {"type": "object", "required": ["msg"], "additionalProperties": False,
              "properties": {"msg": {"type": "string",
                                     "pattern": r"^Parameter validation failed for \w+: ."}}},
    "budget": {"type": "object", "required": ["error"], "additionalProperties": False,
               "properties": {"error": {"const": "too many requests"}}},
}
FORMS_OF_STATUS = {400: ("refusal", "body", "query"), 429: ("budget",)}

_DIGITS = re.compile(r"-?\d+\.(\d+)")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
# Dollars with six decimals: costs, fees, exposure, profit. Everything else has four.
_SIX_DIGITS = re.compile(r"(fill_cost|fees?|fees_paid|cost|exposure|pnl|traded|fee_cost)"
                         r"(_dollars)?$")
_AVERAGES = ("average_fill_price", "average_fee_paid")

_formats = jsonschema.FormatChecker(formats=())


@_formats.checks("date-time")
def _is_time(value):
    if not isinstance(value, str):
        return True
    if not _RFC3339.fullmatch(value):
        return False
    datetime.datetime.fromisoformat(value[:19])
    return True


@_formats.checks("uuid")
def _is_uuid(value):
    if isinstance(value, str):
        uuid.UUID(value)
    return True


def _is_integer_of(bits):
    return lambda value: (not isinstance(value, int) or isinstance(value, bool)
                          or -(1 << (bits - 1)) <= value < 1 << (bits - 1))


_formats.checks("int32")(_is_integer_of(32))
_formats.checks("int64")(_is_integer_of(64))


def as_json_schema(value, strict=True):
    """OpenAPI 3.0 in the words of JSON Schema; with `strict`, objects are closed."""
    if isinstance(value, list):
        return [as_json_schema(item, strict) for item in value]
    if not isinstance(value, dict):
        return value
    dropped = ("nullable", "example", "discriminator", "description", "default")
    converted = {}
    for key, item in value.items():
        if key == "properties":
            converted[key] = {name: as_json_schema(s, strict) for name, s in item.items()}
        elif key not in dropped and not key.startswith("x-"):
            converted[key] = as_json_schema(item, strict)
    if strict and isinstance(converted.get("properties"), dict):
        converted.setdefault("additionalProperties", False)
    if value.get("nullable") is True:
        return {"anyOf": [converted, {"type": "null"}]}
    return converted


class Operation:
    def __init__(self, method, path, body):
        self.method, self.path, self.body = method.upper(), path, body
        self.name = f"{self.method} {path}"
        self.is_signed = bool(body.get("security"))
        self.statuses = {int(status) for status in body["responses"]}

    def __repr__(self):
        return self.name


class Document:
    """One OpenAPI document, read from `path` (JSON or YAML)."""

    def __init__(self, path):
        text = pathlib.Path(path).read_text()
        self.body = json.loads(text) if str(path).endswith(".json") else yaml.load(
            text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.operations = [Operation(method, path, item[method])
                           for path, item in self.body["paths"].items()
                           for method in METHODS if method in item]
        self._by_name = {operation.name: operation for operation in self.operations}
        self._components = as_json_schema(self.body["components"])
        self._validators = {}

    def operation(self, method, path):
        """The operation with this path template; None where the document has none."""
        return self._by_name.get(f"{method.upper()} {path}")

    def resolve(self, node):
        """`node`, or what it refers to."""
        while "$ref" in node:
            target = self.body
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def faults(self, operation, response):
        """What `response`, as httpx gives it, does that the document does not allow."""
        status, faults = response.status_code, []
        documented = operation.body["responses"].get(str(status), {})
        content = self.resolve(documented).get("content", {}).get("application/json")
        if status >= 400:
            schema = {"anyOf": [ERROR_FORMS[form] for form in
                                FORMS_OF_STATUS.get(status, ("refusal",))]}
            if content and content["schema"].get("$ref") != "#/components/schemas/ErrorResponse":
                schema = {"allOf": [schema, self._json_schema(content["schema"])]}
        elif status not in operation.statuses:
            return [f"status {status} is not documented"]
        else:
            schema = self._json_schema(content["schema"]) if content else None
        faults += self._header_faults(response, schema is not None)
        if schema is None:
            return faults
        try:
            body = json.loads(response.content, parse_constant=_refuse_constant)
        except ValueError as error:
            return faults + [f"body is not JSON: {error}"]
        faults += [f"{error.json_path}: {error.message[:300]}"
                   for error in self._validator(schema).iter_errors(body)]
        if status < 400:
            faults += _digit_faults(body, "$")
        return faults

    def _json_schema(self, schema):
        return as_json_schema(schema)

    def _validator(self, schema):
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = jsonschema.Draft202012Validator(
                {"components": self._components, **schema}, format_checker=_formats)
        return self._validators[key]

    @staticmethod
    def _header_faults(response, has_body):
        headers, faults = response.headers, []
        if has_body and headers.get("content-type") != "application/json":
            faults.append(f"content-type is {headers.get('content-type')}")
        if not has_body and response.content:
            faults.append("a body that is not documented")
        if not has_body and "content-type" in headers:
            faults.append("content-type without a body")
        if response.status_code == 204:
            if "content-length" in headers:
                faults.append("content-length in a 204")
        elif headers.get("content-length") != str(len(response.content)):
            faults.append(f"content-length is {headers.get('content-length')}")
        if "date" not in headers:
            faults.append("no date")
        if response.status_code == 429 and "retry-after" in headers:
            faults.append("retry-after in a 429")
        return faults


def _refuse_constant(word):
    raise ValueError(f"{word} in the body")


def _digit_faults(value, path):
    if isinstance(value, list):
        return [fault for i, item in enumerate(value)
                for fault in _digit_faults(item, f"{path}[{i}]")]
    if not isinstance(value, dict):
        return []
    faults = []
    for name, item in value.items():
        where = f"{path}.{name}"
        faults += _digit_faults(item, where)
        if not isinstance(item, str):
            continue
        is_dollars = name.endswith("_dollars")
        if not (is_dollars or name.endswith("_fp") or name in _AVERAGES or name == "fee_cost"):
            continue
        digits = _DIGITS.fullmatch(item)
        wanted = (2,) if name.endswith("_fp") else (4,)
        if name in _AVERAGES:
            wanted = (4, 6)
        elif not name.endswith("_fp") and _SIX_DIGITS.search(name):
            wanted = (6,)
        if digits is None or len(digits[1]) not in wanted:
            faults.append(f"{where}: {item!r} has not {wanted} decimals")
    return faults


KeyPair = collections.namedtuple("KeyPair", "public_pem private_pem")


def new_key_pair():
    """An Ed25519 pair in PEM."""
    key = ed25519.Ed25519PrivateKey.generate()
    return KeyPair(
        key.public_key().public_bytes(serialization.Encoding.PEM,
                                      serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                          serialization.NoEncryption()).decode())


def signature_like(headers):
    """The headers with another, well-formed signature of the same length."""
    name = "KALSHI-ACCESS-SIGNATURE"
    raw = bytearray(base64.b64decode(headers[name]))
    raw[0] ^= 1
    return {**headers, name: base64.b64encode(bytes(raw)).decode()}
