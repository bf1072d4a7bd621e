/* A web site that means harm: https, with pages and redirects of the test's choice. In a browser of
 * tests/lib/browsers.mjs it has its name; it takes the place of a portal there. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

import { startDaemon } from '../lib/daemon.mjs';
import { makeIdentity } from '../lib/portal.mjs';

/* `pages`: { '/path': { type, headers, body } }. `/redirect?URL` leads to any place. */
function answer(pages, { url }, response) {
    const [path, query = ''] = url.split('?');
    if (path === '/redirect') {
        response.writeHead(307, {
            'Location': decodeURIComponent(query), 'Access-Control-Allow-Origin': '*' });
        response.end();
        return;
    }
    const page = pages[path];
    response.writeHead(page ? 200 : 404,
        { 'Content-Type': page?.type ?? 'text/html; charset=utf-8', ...page?.headers });
    response.end(page?.body);
}

async function startSite(identity, host, pages) {
    const server = createServer(
        { cert: readFileSync(identity.cert), key: readFileSync(identity.key) },
        (request, response) => answer(pages, request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    return {
        host, port, origin: `https://${host}`,
        close: () => {
            server.close();
            server.closeAllConnections();
        },
    };
}

const blank = { '/': { body: '<!doctype html><title>x</title>' } };

/* A hufud, a site, and a browser that visits it: { daemon, site, newPage(path), stop() }. */
export async function startVisit(browser, { host, pages, setUp, ...options }) {
    const cleanups = [];
    const stop = async () => {
        while (cleanups.length > 0) {
            await cleanups.pop()();
        }
    };
    try {
        const daemon = await startDaemon(options);
        cleanups.push(() => daemon.stop());
        const identity = await makeIdentity(join(daemon.sandbox.folder, 'pages'), [host]);
        const site = await startSite(identity, host, { ...blank, ...pages });
        cleanups.push(() => site.close());
        await setUp?.(daemon);
        const opened = await browser.open(daemon.sandbox,
            { portal: site, authority: identity.ca });
        cleanups.push(() => opened.close());
        const newPage = async (path = '/') => {
            const page = await opened.newPage();
            await page.goto(site.origin + path);
            return page;
        };
        return { daemon, site, newPage, opened, identity, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

