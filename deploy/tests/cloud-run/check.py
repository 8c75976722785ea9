"""Checks files for Cloud Run against schema.json: `python check.py FILE...`.

A field that is not known, or is of another type, is an error. An annotation of Google's that is not known to be accepted there is a
warning: the list in the API's description is behind the newest ones.
"""

import json
import pathlib
import sys

import jsonschema
import yaml

KINDS = {
    ("serving.knative.dev/v1", "Service"): "run.Service",
    ("run.googleapis.com/v1", "Job"): "run.Job",
    # A URL map says neither.
    (None, None): "compute.UrlMap",
}
# Whose annotations stand at which place.
PLACES = {
    "run.Service": {"Service": [], "Revision": ["spec", "template"]},
    "run.Job": {"Job": [], "Execution": ["spec", "template"]},
    "compute.UrlMap": {},
}
GOOGLE = ("run.googleapis.com/", "autoscaling.knative.dev/")


def main():
    known = json.loads((pathlib.Path(__file__).parent / "schema.json").read_text())
    failed = False
    for path in sys.argv[1:]:
        for document in yaml.safe_load_all(pathlib.Path(path).read_text()):
            kind = KINDS.get((document.get("apiVersion"), document.get("kind")))
            if kind is None:
                print(f"{path}: error: neither a service nor a job nor a URL map: {document.get('apiVersion')} {document.get('kind')}")
                failed = True
                continue
            schema = {"$ref": f"#/$defs/{kind}", "$defs": known["$defs"]}
            for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
                print(f"{path}: error: {error.json_path}: {error.message}")
                failed = True
            for whose, place in PLACES[kind].items():
                at = document
                for name in place:
                    at = at.get(name, {})
                for name in at.get("metadata", {}).get("annotations", {}):
                    kinds = known["annotations"].get(name, [])
                    if name.startswith(GOOGLE) and whose not in kinds and "All resources" not in kinds:
                        print(f"{path}: warning: {whose} may not know the annotation {name}")
    sys.exit(1 if failed else 0)


main()
