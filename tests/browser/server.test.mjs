/* The demo's web site answers its own page and nobody else. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeIdentity, portalHost, startPortal } from '../lib/portal.mjs';
import { skipWithout } from '../lib/programs.mjs';

const demo = fileURLToPath(new URL('../../web/demo', import.meta.url));

/* Any certificate can sign a test message; the portal's own is at hand. */
function signWith({ cert, key }, text) {
    return execFileSync('openssl',
        ['cms', '-sign', '-nodetach', '-binary', '-signer', cert, '-inkey', key, '-outform', 'DER'],
        { input: text });
}

describe('the web site of the demo', { skip: skipWithout('openssl') }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'hufu-site-'));
    let identity;
    let portal;

    before(async () => {
        identity = await makeIdentity(folder, [portalHost]);
        portal = await startPortal({
            folder: demo, identity, ca: identity.ca, errors: { 0: {} },
        });
    });

    after(async () => {
        await portal?.close();
        rmSync(folder, { recursive: true, force: true });
    });

    /* Resolves with { status, body }. */
    function ask(method, path, headers = {}, body = '') {
        return new Promise((resolve, reject) => {
            const call = request({
                host: '127.0.0.1', port: portal.port, method, path, servername: portalHost,
                ca: readFileSync(identity.ca), agent: false,
                headers: {
                    'Host': portalHost, 'Content-Length': Buffer.byteLength(body), ...headers,
                },
            }, async (response) => {
                let text = '';
                for await (const part of response) {
                    text += part;
                }
                resolve({ status: response.statusCode, body: text });
            });
            call.on('error', reject);
            call.end(body);
        });
    }

    const fromPage = { 'Origin': `https://${portalHost}`, 'Content-Type': 'application/json' };

    function verify(pkcs7, headers = fromPage) {
        return ask('POST', '/verify', headers,
            JSON.stringify({ pkcs7: pkcs7.toString('base64') }));
    }

    it('serves its pages and no other file', async () => {
        assert.equal((await ask('GET', '/')).status, 200);
        assert.equal((await ask('GET', '/errors.json')).body, '{"0":{}}');
        for (const path of ['/server.mjs', '/../server.mjs', '/%2e%2e/server.mjs', '/verify']) {
            assert.equal((await ask('GET', path)).status, 404, path);
        }
    });

    it('answers under its own name only', async () => {
        assert.equal((await ask('GET', '/', { Host: 'localhost' })).status, 421);
    });

    it('verifies a good signature', async () => {
        const { status, body } = await verify(signWith(identity, '好'));
        const result = JSON.parse(body);
        assert.equal(status, 200);
        assert.equal(result.verified, true, result.report);
        assert.equal(result.content, '好');
        assert.equal(result.signer, 'CN=hufu test');
        assert.ok(Math.abs(Date.parse(result.time) - Date.now()) < 60_000, result.time);
    });

    it('refuses a signature that was changed', async () => {
        const der = signWith(identity, 'ten');
        der[der.indexOf('ten')] = 'p'.charCodeAt(0);
        assert.equal(JSON.parse((await verify(der)).body).verified, false);
    });

    it('refuses a signer that nobody vouches for, and what is no signature', async () => {
        const stranger = await makeIdentity(join(folder, 'stranger'), [portalHost]);
        for (const der of [signWith(stranger, 'x'), Buffer.from('-CAfile'), Buffer.alloc(0)]) {
            assert.equal(JSON.parse((await verify(der)).body).verified, false);
        }
    });

    it('verifies for its own page only', async () => {
        const { Origin, ...json } = fromPage;
        const signature = signWith(identity, 'x');
        assert.equal((await verify(signature, json)).status, 403);
        const other = { ...fromPage, Origin: 'https://other.example.tw' };
        assert.equal((await verify(signature, other)).status, 403);
        const form = { ...fromPage, 'Content-Type': 'text/plain' };
        assert.equal((await verify(signature, form)).status, 415);
    });

    it('bounds what it reads', async () => {
        assert.equal((await ask('POST', '/verify', fromPage, '{')).status, 400);
        assert.equal((await ask('POST', '/verify', fromPage, 'x'.repeat(256 * 1024 + 1))).status,
            413);
    });
});
