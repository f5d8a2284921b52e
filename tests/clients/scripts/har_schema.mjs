// Validates a HAR file by the published JSON schema.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [file, modules] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const Ajv = require("ajv");
const schemas = require("har-schema");

const ajv = new Ajv({ allErrors: true, schemaId: "auto" });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-06.json"));
ajv.addSchema(Object.values(schemas));
const validate = ajv.compile(schemas.har);
const isValid = validate(JSON.parse(readFileSync(file, "utf8")));
process.stdout.write(isValid ? "valid" : JSON.stringify(validate.errors.slice(0, 5)));
