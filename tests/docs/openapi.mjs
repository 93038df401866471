// openapi.mjs: a document, and what it says of one exchange.

import { createRequire } from "node:module";

const require = createRequire(new URL("../../docs/package.json", import.meta.url));
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

// Of the ways to name a page of a list, the first that is sent is read, and the others are not.
const PAGES = ["after", "before", "page"];

const METHODS = ["get", "put", "post", "delete", "patch", "options", "head", "trace"];

const pointer = (...steps) => steps.map((step) => "/" + step.replace(/~/g, "~0").replace(/\//g, "~1")).join("");

/** An object of an answer has no member that its schema does not name. */
function close(schema) {
    for (const part of Object.values(schema)) {
        if (part && typeof part === "object") close(part);
    }
    if (schema.properties && schema.type === "object") schema.unevaluatedProperties ??= false;
}

export class Document {
    constructor(document) {
        this.paths = document.paths;
        this.document = document;
        this.requests = this.#validators(document);
        const closed = structuredClone(document);
        close(closed.components.schemas);
        this.answers = this.#validators(closed);
    }

    #validators(document) {
        const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
        addFormats(ajv);
        ajv.addSchema(document, "document");
        return ajv;
    }

    /** What a $ref stands for, and the steps that lead there. */
    #resolve(object, steps) {
        if (!object?.$ref) return { object, steps };
        steps = object.$ref.slice(2).split("/");
        return { object: steps.reduce((at, step) => at[step], this.document), steps };
    }

    /** [path, method, operation] of every operation. */
    operations() {
        return Object.entries(this.paths).flatMap(([path, item]) =>
            METHODS.filter((method) => item[method]).map((method) => [path, method, item[method]]));
    }

    /** The path of the document that this path of a request is; a slash at the end changes nothing. */
    findPath(segments) {
        const trimmed = (steps) => (steps.length > 2 && steps.at(-1) === "" ? steps.slice(0, -1) : steps);
        const sent = trimmed(segments);
        return Object.keys(this.paths).find((path) => {
            const named = trimmed(path.split("/"));
            return named.length === sent.length &&
                named.every((step, i) => step === sent[i] || (step.startsWith("{") && sent[i] !== ""));
        });
    }

    /** What Allow says of a path. */
    allowed(path) {
        const methods = METHODS.filter((method) => this.paths[path][method]).map((method) => method.toUpperCase());
        return [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].sort().join(", ");
    }

    #validate(ajv, steps, value) {
        const validate = ajv.getSchema("document#" + pointer(...steps));
        if (validate(value)) return [];
        return validate.errors.map((error) => `${error.instancePath || "the whole"} ${error.message}`);
    }

    /** What is wrong with an answer to this operation: a list of lines. HEAD has no body. */
    judgeAnswer(path, method, { status, headers, body, head }) {
        const at = ["paths", path, method, "responses", String(status)];
        const listed = this.paths[path][method].responses[status];
        if (!listed) return [`status ${status} is not in the document`];
        const { object: response, steps } = this.#resolve(listed, at);
        const wrong = [];
        for (const [name, reference] of Object.entries(response.headers ?? {})) {
            const { object: header, steps: found } = this.#resolve(reference, [...steps, "headers", name]);
            const sent = headers.get(name);
            if (sent === null && header.required) wrong.push(`the header ${name} is missing`);
            if (sent !== null)
                wrong.push(...this.#validate(this.answers, [...found, "schema"], typed(header.schema, sent))
                    .map((line) => `the header ${name}: ${line}`));
        }
        if (!response.content) return body ? [...wrong, "a body that is not in the document"] : wrong;
        const media = (headers.get("content-type") ?? "").split(";")[0];
        if (!response.content[media]) return [...wrong, `the type "${media}" is not in the document`];
        if (head) return wrong;
        try {
            wrong.push(...this.#validate(this.answers, [...steps, "content", media, "schema"], /json$/.test(media) ? JSON.parse(body) : body));
        } catch (error) {
            wrong.push(String(error));
        }
        return wrong;
    }

    /** What is wrong with a request that the service has accepted: the document must allow it too. */
    judgeRequest(path, method, { query, segments, body }) {
        const operation = this.paths[path][method];
        const unread = PAGES.slice(PAGES.findIndex((name) => query.has(name)) + 1 || PAGES.length);
        const wrong = [];
        for (const [i, reference] of (operation.parameters ?? []).entries()) {
            const { object: parameter, steps } =
                this.#resolve(reference, ["paths", path, method, "parameters", String(i)]);
            if (parameter.in === "query" && unread.includes(parameter.name)) continue;
            const sent = parameter.in === "query" ? query.get(parameter.name)
                : parameter.in === "path" ? segments[path.split("/").indexOf(`{${parameter.name}}`)] : null;
            if (sent !== null && sent !== undefined)
                wrong.push(...this.#validate(this.requests, [...steps, "schema"], typed(parameter.schema, sent))
                    .map((line) => `the parameter ${parameter.name}: ${line}`));
        }
        if (operation.requestBody && body !== null)
            wrong.push(...this.#validate(this.requests,
                ["paths", path, method, "requestBody", "content", "application/json", "schema"],
                canonical(JSON.parse(body))));
        return wrong;
    }
}

/** The service takes more than the document asks for: date-times as dates, texts as numbers of records. */
function canonical(record) {
    return Object.fromEntries(Object.entries(record).map(([name, value]) => {
        if (typeof value !== "string") return [name, value];
        if (/^\d{4}-\d\d-\d\d[T ]/.test(value)) return [name, value.slice(0, 10)];
        return [name, name.endsWith("_id") && /^\d+$/.test(value) ? Number(value) : value];
    }));
}

/** A text of a URL or a header as the value that its schema speaks of. */
function typed(schema, text) {
    return [schema.type].flat().includes("integer") && /^[+-]?\d+$/.test(text) ? Number(text) : text;
}
