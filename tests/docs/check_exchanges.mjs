// check_exchanges.mjs: holds recorded exchanges and the living service to the document that it serves.
//
//     node check_exchanges.mjs BASE_URL FILE    (FILE: see RECORD in tests/smoke/client.h)

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Document } from "./openapi.mjs";
import { probe } from "./probe.mjs";
import { Tap } from "./tap.mjs";

const [base, file] = process.argv.slice(2);
const unlisted = /^\/(docs|redoc|api\/openapi\.json)(\/|$)/; // documents about the service are not in the document
const beyond_asking = /(409|429|500|503|504)$/; // statuses that no request alone can bring about
const tap = new Tap();
const document = new Document(await (await fetch(`${base}/api/openapi.json`)).json());

function headersOf(raw) {
    const headers = new Headers();
    for (const line of raw.split("\r\n").slice(1)) {
        const colon = line.indexOf(":");
        if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    return headers;
}

// A path that cannot be taken apart is no path of the document.
function placeOf(path) {
    const [pathname, query] = path.replace(/^https?:\/\/[^/]*/, "").split("?");
    try {
        return { pathname, segments: pathname.split("/").map(decodeURIComponent), query: new URLSearchParams(query) };
    } catch {
        return { pathname, segments: [], query: new URLSearchParams() };
    }
}

const seen = new Set(); // "get /api/authors/ 200"

// What is wrong with an exchange.
function judge(exchange) {
    const { status, body, headers } = exchange;
    const place = placeOf(exchange.path);
    const head = exchange.method === "HEAD";
    const method = head ? "get" : exchange.method.toLowerCase();
    const path = document.findPath(place.segments);

    // Answers of the web server itself, which quire never saw, have no request id.
    if (!headers.has("x-request-id"))
        return status >= 400 && status < 600 && (head || "detail" in JSON.parse(body)) ? []
            : ["it has no X-Request-ID, and is no error of the web server"];
    if (unlisted.test(place.pathname)) return [];
    if (!path) return status >= 400 && status < 500 ? [] : ["the path is not in the document"];
    if (method === "options" && status === 204) {
        const allowed = headers.get("allow").split(", ").sort().join(", ");
        return allowed === document.allowed(path) ? [] : [`Allow is ${allowed}, not ${document.allowed(path)}`];
    }
    if (!document.paths[path][method])
        return status >= 400 && status < 500 ? [] : ["the method is not in the document"];
    seen.add(`${method} ${path} ${status}`);
    return [
        ...document.judgeAnswer(path, method, { status, headers, body, head }),
        ...(status < 300 ? document.judgeRequest(path, method, { ...place, body: exchange.request_body }) : []),
    ];
}

async function* recorded() {
    for await (const line of createInterface({ input: createReadStream(file) })) {
        const exchange = JSON.parse(line);
        yield { ...exchange, headers: headersOf(exchange.headers) };
    }
}

// What is wrong is told for the first exchange of each kind.
async function judgeAll(what, exchanges, at_least) {
    const complaints = new Map();
    let n = 0;
    for await (const exchange of exchanges) {
        const where = `${exchange.method} ${exchange.path} ${exchange.request_body ?? ""}`.slice(0, 300);
        n++;
        for (const wrong of judge(exchange))
            complaints.set(`${exchange.method} ${wrong}`,
                `${where} -> ${exchange.status} ${exchange.body.slice(0, 300)}`);
    }
    tap.none(`all ${n} ${what} exchanges are as the document says`,
        [...complaints].flatMap(([wrong, where]) => [wrong, `    ${where}`]));
    tap.is(`there are ${at_least} or more`, true, n >= at_least);
}

// The living service knows each operation, and says of each path what the document says.
async function askForEachOperation() {
    const missing = [];
    for (const [path, method] of document.operations()) {
        const answer = await fetch(base + path.replace("{id}", "9007199254740000"), {
            method: method.toUpperCase(),
            ...(["post", "put", "patch"].includes(method) ? { body: "[]" } : {}),
        });
        const body = await answer.text();
        if (answer.status === 405 || answer.status >= 500 || (answer.status === 404 && JSON.parse(body).detail === "Not Found"))
            missing.push(`${method} ${path} -> ${answer.status}`);
    }
    for (const path of Object.keys(document.paths)) {
        const answer = await fetch(base + path.replace("{id}", "1"), { method: "OPTIONS" });
        const allowed = answer.headers.get("allow")?.split(", ").sort().join(", ");
        if (allowed !== document.allowed(path)) missing.push(`Allow of ${path} is ${allowed}`);
    }
    tap.none("every operation of the document is there, and no path has others", missing);
}

await judgeAll("recorded", recorded(), 500);
await judgeAll("provoked", probe(base, document.operations()), 100);
await askForEachOperation();
tap.none("every status of every operation was seen", document.operations().flatMap(([path, method, operation]) =>
    Object.keys(operation.responses).map((status) => `${method} ${path} ${status}`)
        .filter((one) => !seen.has(one) && !beyond_asking.test(one))));
tap.end();
