/* Row 3: what a browser sends across sites without asking: forms, navigations, pictures, beacons,
 * sockets. CVE-2024-12643, CVE-2024-12645, CVE-2019-13450. T-03, T-54, T-55, T-56. All of it comes
 * from a site that is allowed, so that nothing but the shape of the request is refused. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { browsers } from '../lib/browsers.mjs';
import { skipDaemon } from '../lib/daemon.mjs';
import { portalHost } from '../lib/portal.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { formBody } from '../lib/servisign.mjs';
import { startVisit } from './site.mjs';

/* --- run in the page; `target` is hufud's address, `value` a call of GPKI_DetectCard --- */

function submitForm({ target, value, type, referrer }) {
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', action: target, enctype: type });
    const input = document.createElement('input');
    Object.assign(input, { name: 'Parameter', value });
    form.append(input);
    document.body.append(form);
    if (referrer) {
        const meta = document.createElement('meta');
        Object.assign(meta, { name: 'referrer', content: referrer });
        document.head.append(meta);
    }
    setTimeout(() => form.submit());
}

function navigate({ target }) {
    setTimeout(() => {
        location.href = target;
    });
}

function openPopup({ target }) {
    window.open(target);
}

function addElement({ target, name }) {
    const element = document.createElement(name);
    element.src = target;
    document.body.append(element);
}

function addStyle({ target }) {
    const element = document.createElement('link');
    Object.assign(element, { rel: 'stylesheet', href: target });
    document.head.append(element);
}

function sandboxedFetch({ target, value }) {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts';
    frame.srcdoc = `<script>fetch("${target}", { method: "POST",
        body: new URLSearchParams({ Parameter: "${value}" }) })</script>`;
    document.body.append(frame);
}

function sandboxedForm({ target, value }) {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts allow-forms';
    frame.srcdoc = `<form method=POST action="${target}"><input name=Parameter value="${value}">`
        + '</form><script>document.forms[0].submit()</script>';
    document.body.append(frame);
}

function postBlindly({ target, value }) {
    const body = new URLSearchParams({ Parameter: value });
    return fetch(target, { method: 'POST', mode: 'no-cors', body })
        .then(({ type }) => type, () => 'failed');
}

function postByBeacon({ target, value }) {
    return navigator.sendBeacon(target, new URLSearchParams({ Parameter: value }));
}

function openSocket({ target }) {
    new WebSocket(target.replace('https', 'wss'));
}

function importInWorker({ target }) {
    new Worker(URL.createObjectURL(new Blob([`importScripts("${target}")`])));
}

function postThrough({ target, value, via }) {
    const body = new URLSearchParams({ Parameter: value });
    return fetch(`${via}/redirect?${encodeURIComponent(target)}`, { method: 'POST', body })
        .then(() => 'read', () => 'failed');
}

function fetchAnswer({ target, value }) {
    const body = new URLSearchParams({ Parameter: value });
    return fetch(target, { method: 'POST', body }).then((response) => response.json());
}

function requestAnswer({ target, value }) {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open('POST', target);
        request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
        request.onload = () => resolve(JSON.parse(request.responseText));
        request.onerror = () => reject(new Error('no answer'));
        request.send(new URLSearchParams({ Parameter: value }));
    });
}

/* An error page of a browser has no service workers at all. */
function register(script) {
    return Promise.resolve().then(() => navigator.serviceWorker.register(script))
        .then(() => 'registered', () => 'failed');
}

const form = 'application/x-www-form-urlencoded';

/* What the page does, and what hufud says to it: name, function, options, refusal. */
const attacks = [
    ['a form', submitForm, { type: form }, 'status=403 why=Sec-Fetch-Mode'],
    ['a form without referrer', submitForm, { type: form, referrer: 'no-referrer' },
        'status=403 why=Sec-Fetch-Mode'],
    ['a form in text/plain', submitForm, { type: 'text/plain' }, 'status=403 why=Sec-Fetch-Mode'],
    ['a form in parts', submitForm, { type: 'multipart/form-data' },
        'status=403 why=Sec-Fetch-Mode'],
    ['a navigation', navigate, {}, 'status=405 why=method'],
    ['a window of its own', openPopup, {}, 'status=405 why=method'],
    ...['iframe', 'img', 'script', 'video', 'embed'].map((name) => (
        [`<${name}>`, addElement, { name }, 'status=405 why=method'])),
    ['a style sheet', addStyle, {}, 'status=405 why=method'],
    ['fetch in a sandboxed frame', sandboxedFetch, {}, 'status=403 why=Origin'],
    ['a form in a sandboxed frame', sandboxedForm, {}, 'status=403 why=Sec-Fetch-Mode'],
    ['fetch without CORS', postBlindly, {}, 'status=403 why=Sec-Fetch-Mode'],
    ['a beacon', postByBeacon, {}, 'status=403 why=Sec-Fetch-Mode'],
    ['a WebSocket', openSocket, {}, 'status=405 why=method'],
    ['a worker that imports a script', importInWorker, {}, 'status=405 why=method'],
    ['a fetch that another site redirected', postThrough, {}, 'status=403 why=Origin'],
];

for (const browser of browsers) {
    const skip = skipDaemon('certutil') || skipWithout(...browser.needs);
    describe(`an allowed site in ${browser.name}`, { skip }, () => {
        let visit;
        let call;

        before(async () => {
            visit = await startVisit(browser, {
                host: portalHost,
                pages: { '/isolated': {
                    headers: {
                        'Cross-Origin-Embedder-Policy': 'require-corp',
                        'Cross-Origin-Opener-Policy': 'same-origin',
                    },
                    body: '<!doctype html><title>x</title>',
                } },
            });
            const page = await visit.daemon.openPage();
            const body = formBody(page.buildCall('GPKI_DetectCard', [0]));
            page.close();
            call = {
                target: `https://localhost:${visit.daemon.port}/`,
                value: decodeURIComponent(body.slice('Parameter='.length)),
                via: `https://${portalHost}:${visit.site.port}`,
            };
        });

        after(() => visit?.stop());

        for (const [name, attack, options, refusal] of attacks) {
            test(`gets nothing by ${name}`, async () => {
                const page = await visit.newPage();
                const lines = await visit.daemon.logOf(
                    () => page.evaluate(attack, { ...call, ...options }), /refused/);
                await page.close();
                assert.deepEqual([...new Set(lines)], [`hufud: refused: ${refusal}`]);
            });
        }

        test('registers no service worker at hufud, which is not even asked', async () => {
            const page = await visit.newPage();
            const before = visit.daemon.log.length;
            assert.equal(await page.evaluate(register, `${call.target}sw.js`), 'failed');
            assert.deepEqual(visit.daemon.log.slice(before), []);
            await page.close();
        });

        test('gets no page of hufud, from where it could', async () => {
            const page = await visit.newPage();
            const before = visit.daemon.log.length;
            await page.goto(call.target).catch(() => {}); /* refusals without a page are errors */
            assert.equal(await page.evaluate(register, '/sw.js'), 'failed');
            const lines = visit.daemon.log.slice(before);
            assert.deepEqual([...new Set(lines)], ['hufud: refused: status=405 why=method']);
            await page.close();
        });

        for (const [path, get] of ['/', '/isolated'].flatMap((each) => [
            [each, fetchAnswer], [each, requestAnswer]])) {
            test(`at ${path} gets its answer with CORS: ${get.name}`, async () => {
                const page = await visit.newPage(path);
                const lines = await visit.daemon.logOf(async () => {
                    const { result } = await page.evaluate(get, call);
                    assert.equal(atob(result), '1');
                });
                assert.equal(await page.evaluate(() => window.crossOriginIsolated),
                    path === '/isolated');
                await page.close();
                assert.match(lines.join('\n'), /^hufud: call: .* function=GPKI_DetectCard code=0 /);
            });
        }
    });
}
