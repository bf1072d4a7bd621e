/* The web site of the demo: serves its pages and verifies what the card signed.
 *
 *     node server.mjs --cert FILE --key FILE --ca FILE --origin ORIGIN --errors FILE [--port N]
 *
 * --ca      certificates that may vouch for a signer (PEM)
 * --origin  the address people see, such as https://portal.example.tw
 * --errors  the table of codes, as `hufu errors --json` prints it
 */
import { createServer } from 'node:https';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { readErrors } from './errors.mjs';
import { verifyCms } from './verify.mjs';

const maxBody = 256 * 1024;

const contentTypes = {
    '.css': 'text/css; charset=utf-8',
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.json': 'application/json; charset=utf-8',
    '.svg': 'image/svg+xml',
};

const headers = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; "
        + "img-src 'self' data:; connect-src 'self' https://localhost:* https://127.0.0.1:*; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
};

class Refusal extends Error {
    constructor(status) {
        super(`status ${status}`);
        this.status = status;
    }
}

/* Every address there is, read once: no request can name another file. */
function readPages(folder) {
    const pages = new Map();
    for (const name of readdirSync(folder)) {
        if (extname(name) in contentTypes) {
            pages.set(`/${name}`, readFileSync(join(folder, name)));
        }
    }
    pages.set('/', pages.get('/index.html'));
    return pages;
}

/* Node reads no more of a body than its announced length. */
async function readBody(request) {
    const announced = request.headers['content-length'];
    if (announced === undefined) {
        throw new Refusal(411);
    }
    if (Number(announced) > maxBody) {
        throw new Refusal(413);
    }
    const parts = [];
    for await (const part of request) {
        parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
}

async function readSignature(request) {
    const body = await readBody(request);
    try {
        const { pkcs7 } = JSON.parse(body);
        return Buffer.from(pkcs7, 'base64');
    } catch {
        throw new Refusal(400);
    }
}

/* Browsers send Origin with every POST, so another site's page gives itself away. */
async function answerVerify(request, site) {
    if (request.headers.origin !== site.origin) {
        throw new Refusal(403);
    }
    if (request.headers['content-type'] !== 'application/json') {
        throw new Refusal(415);
    }
    const { content, ...result } = await verifyCms(await readSignature(request), site.ca);
    return JSON.stringify({ ...result, content: content?.toString('utf8') });
}

async function answer(request, site) {
    if (request.headers.host !== new URL(site.origin).host) {
        throw new Refusal(421);
    }
    const { pathname } = new URL(request.url, site.origin);
    if (request.method === 'POST' && pathname === '/verify' && site.ca) {
        return { type: '.json', body: await answerVerify(request, site) };
    }
    if (request.method !== 'GET' || !site.pages.get(pathname)) {
        throw new Refusal(404);
    }
    return { type: extname(pathname) || '.html', body: site.pages.get(pathname) };
}

async function serve(request, response, site) {
    try {
        const { type, body } = await answer(request, site);
        response.writeHead(200, { ...headers, 'Content-Type': contentTypes[type] });
        response.end(body);
    } catch (error) {
        if (!(error instanceof Refusal)) {
            console.error(error);
        }
        response.writeHead(error.status ?? 500, { ...headers, Connection: 'close' });
        response.end();
    }
}

/* Serves `folder` on 127.0.0.1; resolves with { port, close() } once it listens. */
export function startServer({ folder, cert, key, origin, ca, errors, port = 0 }) {
    const site = { pages: readPages(folder), origin, ca };
    if (errors) {
        site.pages.set('/errors.json', JSON.stringify(errors));
    }
    const server = createServer({ cert, key }, (request, response) => {
        serve(request, response, site);
    });
    const close = () => new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
    });
    return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => resolve({ port: server.address().port, close }));
    });
}

async function main() {
    const option = { type: 'string' };
    const { values } = parseArgs({
        options: {
            cert: option, key: option, ca: option, origin: option, errors: option, port: option,
        },
    });
    const { port } = await startServer({
        folder: dirname(fileURLToPath(import.meta.url)),
        cert: readFileSync(values.cert),
        key: readFileSync(values.key),
        ca: values.ca,
        origin: values.origin,
        errors: readErrors(readFileSync(values.errors, 'utf8')),
        port: Number(values.port ?? 0),
    });
    console.log(`${values.origin} is served on 127.0.0.1:${port}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    await main();
}
