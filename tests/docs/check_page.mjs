// check_page.mjs: looks at /docs with a real browser: every operation is there, a GET and a POST can be tried out, and
// nothing is refused by the page's policy or fails to load.
//
//     node check_page.mjs BASE_URL BROWSER PROFILE SCREENSHOT    (PROFILE: an empty folder)

import { createServer, request as forward } from "node:http";
import { createRequire } from "node:module";
import { Document } from "./openapi.mjs";
import { Tap } from "./tap.mjs";

const { chromium } = createRequire(new URL("../../docs/package.json", import.meta.url))("playwright-core");
const [base, executablePath, profile, screenshot] = process.argv.slice(2);
const patience = { timeout: 60000 };
const tap = new Tap();
const document = new Document(await (await fetch(`${base}/api/openapi.json`)).json());
const trouble = []; // violations, failed requests, errors
const hosts = new Set();

const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1200, height: 1600 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server"],
});

// Before any script of the page: what the policy refuses is told.
await browser.exposeFunction("tellViolation", (what) => trouble.push(`violation: ${what}`));
await browser.addInitScript(() => {
    window.document.addEventListener("securitypolicyviolation",
        (event) => window.tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`));
});

// A web server that has the service at /catalogue, and takes that off before it asks.
const mount = createServer((request, response) => {
    const path = request.url.replace(/^\/catalogue\//, "/");
    if (path === request.url) return void response.writeHead(404).end();
    request.pipe(forward(base + path, { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
    }));
});
await new Promise((listening) => mount.listen(0, "127.0.0.1", listening));
const mounted = `http://127.0.0.1:${mount.address().port}`;

async function openPage(path, from = base) {
    const page = await browser.newPage();
    page.on("console", (message) => ["error", "warning"].includes(message.type()) &&
        trouble.push(`console: ${message.text()} ${message.location().url}`));
    page.on("pageerror", (error) => trouble.push(`script: ${error}`));
    page.on("requestfailed", (request) => trouble.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
    page.on("request", (request) => hosts.add(new URL(request.url()).origin));
    page.on("response", (response) => response.status() >= 400 &&
        trouble.push(`answered ${response.status()}: ${response.url()}`));
    await page.goto(from + path, { waitUntil: "load", ...patience });
    await page.waitForSelector(".opblock", patience);
    return page;
}

// The path of an operation, with the marks that Swagger UI puts in to break lines taken out.
async function shown(page) {
    return page.$$eval(".opblock", (blocks) => blocks.map((block) => {
        const text = (part) => block.querySelector(part).textContent.replace(/\u200b/g, "").trim();
        return `${text(".opblock-summary-method").toLowerCase()} ${text(".opblock-summary-path")}`;
    }));
}

function block(page, operationId, tag) {
    return page.locator(`#operations-${tag}-${operationId}`);
}

// Opens the operation, tries it out and gives the status and the body that the page then shows.
async function tryOut(page, operation, prepare) {
    const place = block(page, operation.operationId, operation.tags[0]);
    await place.locator(".opblock-summary-control").click(patience);
    await place.locator(".try-out__btn").click(patience);
    await prepare?.(place);
    await place.locator(".execute").click(patience);
    const answer = place.locator(".live-responses-table tbody tr.response");
    await answer.waitFor(patience);
    return {
        status: (await answer.locator(".response-col_status").innerText()).trim().split(/\s/)[0],
        body: (await answer.locator(".highlight-code, .microlight").first().innerText()).trim(),
    };
}

try {
    const page = await openPage("/docs");
    const expected = document.operations().map(([path, method]) => `${method} ${path}`).sort();
    tap.is("the page shows every operation, and no other", expected.join("\n"), (await shown(page)).sort().join("\n"));

    const create = document.paths["/api/authors/"].post;
    const created = await tryOut(page, create, (place) =>
        place.locator("textarea.body-param__text").fill('{"name": "Tried out", "bio": "", "birthdate": "1929-10-21"}'));
    tap.is("a POST that is tried out shows its 200", "200", created.status);
    tap.is("and the new record", true, created.body.includes('"name": "Tried out"'));

    const list = await tryOut(page, document.paths["/api/authors/"].get);
    tap.is("a GET that is tried out shows its 200", "200", list.status);
    tap.is("and the list with the new record", true, list.body.includes('"name": "Tried out"'));

    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: screenshot, fullPage: true });
    const slash = await openPage("/docs/");
    tap.is("with a slash at its end the page is the same", expected.length, (await shown(slash)).length);
    tap.is("so it is under its other name", expected.length, (await shown(await openPage("/redoc"))).length);
    tap.none("nothing was refused, failed to load or complained", trouble);
    tap.is("nobody else was asked for anything", base, [...hosts].filter((host) => host !== "null").join(" "));

    const below = await openPage("/catalogue/redoc/", mounted);
    tap.is("below a prefix it is there", `${mounted}/catalogue/docs`, below.url());
    const inside = await tryOut(below, document.paths["/api/authors/"].get);
    tap.is("and asks below that prefix", "200", inside.status);
    tap.none("nothing was refused or failed to load there", trouble);

    // The policy is in force: what it refuses is noticed.
    const noticed = () => trouble.some((line) => line.startsWith("violation: connect-src"));
    await slash.evaluate(() => fetch("http://127.0.0.2:9/").catch(() => {}));
    for (const ends = Date.now() + 10000; !noticed() && Date.now() < ends;) await slash.waitForTimeout(50);
    tap.is("a request to elsewhere would have been refused and noticed", true, noticed());
} catch (error) {
    tap.none("the page can be used", [String(error?.stack ?? error), ...trouble]);
} finally {
    await browser.close();
    mount.closeAllConnections();
    mount.close();
}
tap.end();
