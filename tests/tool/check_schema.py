#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads lines of JSON, {"name": ..., "valid": ..., "document": ...}, and fails on each whose document the schema judges otherwise.
   check_schema.py SCHEMA LINES"""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
wrong = count = 0
with open(sys.argv[2], encoding="utf-8") as file:
    for line in file:
        row = json.loads(line)
        count += 1
        if validator.is_valid(row["document"]) == row["valid"]:
            continue
        wrong += 1
        error = jsonschema.exceptions.best_match(validator.iter_errors(row["document"]))
        print(row["name"], ": ", "valid by the schema alone" if error is None else error.message[:200], sep="")
print(f"{count} documents, {wrong} judged otherwise")
sys.exit(1 if wrong else 0)
