// probe.mjs: provokes each answer that an operation may give, by the status that the document lists for it.

const NOBODY = "9007199254740000"; // no record has this id

const RECORDS = {
    authors: { name: "Probe", bio: "", birthdate: "1929-10-21" },
    books: { title: "Probe", description: "", publish_date: "1974-05-01" },
};

const json = { "Content-Type": "application/json" };

// What to change about a request that succeeds.
const CHANGES = {
    200: () => ({}),
    304: () => ({ headers: { "If-None-Match": "*" } }),
    400: ({ body }) => (body ? { body: new Uint8Array([0x7b, 0xff]) } : { query: "?name=%00" }),
    404: () => ({ id: NOBODY }),
    406: () => ({ headers: { Accept: "image/png" } }),
    412: () => ({ headers: { "If-Match": '"another"' } }),
    413: () => ({ body: " ".repeat(1024 * 1024 + 1) }),
    414: () => ({ query: "?name=" + "x".repeat(8192) }),
    415: () => ({ headers: { "Content-Type": "text/plain" } }),
    422: ({ body, id }) => (body ? { body: '{"name":5,"title":5}' } : id ? { id: "x" } : { query: "?pageSize=0" }),
};

async function send(base, { method, path, id, query, headers, body }) {
    const target = path.replace("{id}", id) + (query ?? "");
    const answer = await fetch(base + target, { method, headers, body });
    return {
        method,
        path: target,
        status: answer.status,
        headers: answer.headers,
        request_body: typeof body === "string" ? body : null,
        body: await answer.text(),
    };
}

async function make(base, kind, record) {
    const request = { method: "POST", path: `/api/${kind}`, headers: json, body: JSON.stringify(record) };
    return JSON.parse((await send(base, request)).body).id;
}

// A request that succeeds, on a record of its own.
async function success(base, path, method) {
    const kind = path.split("/")[2];
    const author_id = await make(base, "authors", RECORDS.authors);
    const record = kind === "books" ? { ...RECORDS.books, author_id } : RECORDS[kind];
    const id = !path.includes("{id}") ? undefined : kind === "books" ? await make(base, kind, record) : author_id;
    const reads = !["post", "put", "patch"].includes(method);
    const sent = reads ? { headers: {} } : { headers: json, body: JSON.stringify(record) };
    return { method: method.toUpperCase(), path, id, ...sent };
}

/** All exchanges that can be had by asking, each also by a client that wants problems as RFC 9457 has them. */
export async function* probe(base, operations) {
    for (const [path, method, operation] of operations) {
        for (const status of Object.keys(operation.responses).filter((status) => CHANGES[status])) {
            for (const accept of ["*/*", "application/problem+json, application/json;q=0.5"]) {
                const request = await success(base, path, method);
                const change = CHANGES[status](request);
                const headers = { Accept: accept, ...request.headers, ...change.headers };
                yield await send(base, { ...request, ...change, headers });
            }
        }
    }
}
