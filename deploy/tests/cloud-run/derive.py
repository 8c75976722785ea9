"""Makes schema.json from the API descriptions that Google's Python client ships.

    pip download --no-deps google-api-python-client==2.202.0
    python derive.py google_api_python_client-2.202.0-py3-none-any.whl >schema.json

What YAML may say of Cloud Run stands in `run.v1.json`, of URL maps in `compute.v1.json`. Descriptions are left out, and what the
descriptions do not name is refused: an API server drops a misspelt field without a word.
"""

import json
import re
import sys
import zipfile

ROOTS = {"run": ["Service", "Job"], "compute": ["UrlMap"]}


def schema(node, api):
    """A node of a discovery document as JSON Schema."""
    if "$ref" in node:
        return {"$ref": f"#/$defs/{api}.{node['$ref']}"}
    kind = node.get("type")
    if kind == "object":
        made = {"type": "object"}
        if "properties" in node:
            made["properties"] = {name: schema(below, api) for name, below in node["properties"].items()}
        rest = node.get("additionalProperties")
        made["additionalProperties"] = schema(rest, api) if rest else False
        return made
    if kind == "array":
        return {"type": "array", "items": schema(node["items"], api)}
    if kind == "any":
        return {}
    # Numbers of 64 bits are texts in JSON, and both in YAML.
    if node.get("format") in ("int64", "uint64"):
        return {"type": ["string", "integer"], "pattern": "^-?[0-9]+$"}
    return {"type": kind}


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for below in node.values():
            yield from references(below)
    elif isinstance(node, list):
        for below in node:
            yield from references(below)


def main():
    wheel = zipfile.ZipFile(sys.argv[1])
    made = {"$comment": "Made by derive.py; Apache-2.0, as its source.", "revisions": {}, "annotations": {}, "$defs": {}}
    for api, roots in ROOTS.items():
        document = json.loads(wheel.read(f"googleapiclient/discovery_cache/documents/{api}.v1.json"))
        made["revisions"][api] = document["revision"]
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if f"{api}.{name}" in made["$defs"]:
                continue
            made["$defs"][f"{api}.{name}"] = schema(document["schemas"][name], api)
            waiting += sorted(set(references(document["schemas"][name])))
        if api == "run":
            text = document["schemas"]["ObjectMeta"]["properties"]["annotations"]["description"]
            for name, kinds in re.findall(r"\* `([a-z./A-Z0-9-]+)`: ([A-Za-z ,]+)[.,]", text):
                made["annotations"][name] = sorted(kind.strip() for kind in kinds.split(",") if kind.strip())
    made["$defs"] = dict(sorted(made["$defs"].items()))
    json.dump(made, sys.stdout, indent=1, sort_keys=False)
    print()


main()
