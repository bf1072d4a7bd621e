/* The adapters of web/kit/ behave as docs/protocol/servisign.md says published ones do: a wrong
 * instrument would measure nothing. No browser here, a scripted service in its place. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createContext, runInContext } from 'node:vm';

const scripts = ['gpki-functions.js', 'servisign.js', 'adapter-1.0.18.1219.js',
    'adapter-1.0.20.0423.js'];

const base64 = (text) => Buffer.from(text).toString('base64');
const answer = (result, more = {}) => JSON.stringify({ result: base64(result), ...more });
const welcome = answer('0', { SessionID: base64('7d1f0c') });

/* A page whose requests are answered by service(url, call): a text, or undefined for no answer. */
function openPage(service) {
    const requests = [];
    class XMLHttpRequest {
        open(method, url) {
            Object.assign(this, { method, url });
        }

        setRequestHeader(name, value) {
            this.header = `${name}: ${value}`;
        }

        getResponseHeader() {
            return null;
        }

        send(body) {
            const json = Buffer.from(decodeURIComponent(body.slice('Parameter='.length)), 'base64');
            const call = JSON.parse(json);
            requests.push({ method: this.method, url: this.url, header: this.header, body, call });
            this.responseText = service(this.url, call);
            if (this.responseText === undefined) {
                throw new Error('NetworkError');
            }
        }
    }
    const page = createContext({
        XMLHttpRequest, TextDecoder, TextEncoder, atob, btoa,
        navigator: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36' },
        window: { addEventListener() {} },
    });
    for (const name of scripts) {
        runInContext(readFileSync(new URL(`../../web/kit/${name}`, import.meta.url), 'utf8'), page);
    }
    const run = (code) => runInContext(code, page);
    const connect = (version, face = 'windows') => {
        const gpki = run(`createAdapter(templates['${version}'], gpkiFaces.${face})`);
        return { gpki, code: run('ServiSign_GetErrorCode()') };
    };
    return { requests, connect };
}

/* A page that found its service; `reply(call)` answers all but the first request. */
function openConnected(reply, version = '1.0.20.0423', face = 'windows') {
    let connected = false;
    const page = openPage((url, call) => (connected ? reply(call) : welcome));
    const { gpki } = page.connect(version, face);
    connected = true;
    page.requests.length = 0;
    return { gpki, requests: page.requests };
}

const versions = ['1.0.18.1219', '1.0.20.0423'];
const ports = [56421, 56521, 56621];
const addresses = ['localhost', '127.0.0.1']
    .flatMap((host) => ports.map((port) => `https://${host}:${port}`));

describe('an adapter that looks for the service', () => {
    for (const version of versions) {
        it(`asks six addresses in order, then says 61006 (${version})`, () => {
            const page = openPage(() => undefined);
            const { gpki, code } = page.connect(version);
            assert.equal(gpki, undefined);
            assert.equal(code, 61006);
            assert.deepEqual(page.requests.map(({ url }) => url), addresses);
        });

        it(`says 61006 for an error of one port, the error for one of all (${version})`, () => {
            const first = openPage((url) => (url === addresses[0] ? answer('61009') : undefined));
            assert.equal(first.connect(version).code, 61006);
            assert.equal(openPage(() => answer('61009')).connect(version).code, 61009);
        });

        it(`stops at the first success (${version})`, () => {
            const page = openPage((url) => (url === addresses[1] ? welcome : undefined));
            assert.equal(page.connect(version).code, 0);
            assert.equal(page.requests.length, 2);
        });

        it(`breaks where the result is no text (${version})`, () => {
            assert.throws(() => openPage(() => '{"result":0}').connect(version));
        });
    }

    it('ends at 61908 with the later template only', () => {
        const counts = versions.map((version) => {
            const page = openPage(() => answer('61908'));
            assert.equal(page.connect(version).code, 61908);
            return page.requests.length;
        });
        assert.deepEqual(counts, [6, 1]);
    });

    it('takes a line break after the JSON with the earlier template only', () => {
        const codes = versions.map(
            (version) => openPage(() => `${welcome}\n`).connect(version).code);
        assert.deepEqual(codes, [0, 61006]);
    });
});

describe('a request', () => {
    it('is a form post of the keys in their order', () => {
        const page = openPage(() => welcome);
        page.connect('1.0.20.0423');
        const [{ method, header, body, call }] = page.requests;
        assert.equal(method, 'POST');
        assert.equal(header, 'Content-Type: application/x-www-form-urlencoded');
        assert.match(body, /^Parameter=(?:[A-Za-z0-9]|%2B|%2F|%3D)+$/);
        assert.deepEqual(Object.keys(call), ['functionname', 'comname', 'libdir', 'sessionid',
            'ServiSignTabMode', 'ServiSignBrowser', 'JSVersion', 'minlibversion',
            'minserverversion', 'InstallerName', 'PathID', 'ServiSignJSGenTime',
            'AdapterJsonKeyCheck']);
        assert.equal(call.functionname, 'ServiSignEcho');
        assert.equal(call.ServiSignBrowser, 'Chrome');
        assert.equal(call.sessionid, '');
    });

    it('flags and encodes every parameter before the index', () => {
        const { gpki, requests } = openConnected(() => answer('MII='));
        gpki.GPKI_SignData('', '登入挑戰 42', 'MS950', 0, undefined);
        const entries = Object.entries(requests[0].call);
        assert.deepEqual(entries.slice(0, 13), [
            ['functionname', 'GPKI_SignData'],
            ['sOptPIN_ServiSignBase64Flag', true], ['sOptPIN', ''],
            ['sData_ServiSignBase64Flag', true], ['sData', '55m75YWl5oyR5oiwIDQy'],
            ['signcodepage_ServiSignBase64Flag', true], ['signcodepage', 'TVM5NTA%3D'],
            ['iFlags_ServiSignBase64Flag', true], ['iFlags', 'MA%3D%3D'],
            ['iHashFlag_ServiSignBase64Flag', true], ['iHashFlag', 'dW5kZWZpbmVk'],
            ['ServiSignFunctionIndex', 49],
            ['comname', 'YuantaCGGPKICryptSVIAdapter'],
        ]);
        assert.equal(requests[0].call.sessionid, '7d1f0c');
    });

    it('forgets the session after ServiSignForceRelease', () => {
        const { gpki, requests } = openConnected(() => answer('0'));
        gpki.ServiSignForceRelease();
        gpki.get_lastError();
        assert.deepEqual(requests.map(({ call }) => call.sessionid), ['7d1f0c', '']);
    });
});

describe('a reply', () => {
    it('is asked for again, unchanged, while it is a heartbeat', () => {
        const replies = ['heartbeat', 'heartbeat', 'done'];
        const { gpki, requests } = openConnected(() => answer(replies.shift()), versions[1], 'mac');
        assert.equal(gpki.GPKI_SignData('', 'x', 'MS950', 0, 4), 'done');
        assert.equal(requests.length, 3);
        assert.equal(new Set(requests.map(({ body }) => body)).size, 1);
        assert.deepEqual(Object.keys(requests[0].call).slice(11, 16), ['ServiSignFunctionIndex',
            'KeepAlive', 'topuidetect', 'ServiSignMainThread', 'comname']);
    });

    it('is a list only where every element ends in a semicolon', () => {
        const lists = { 'A;B;': ['A', 'B'], 'A': [], '': [], 'A;;B;': ['A', '', 'B'] };
        for (const [text, items] of Object.entries(lists)) {
            const { gpki } = openConnected(() => answer(text));
            assert.deepEqual([...gpki.GPKI_EnumCerts(0).toArray()], items, text);
        }
    });

    it('that cannot be read leaves the one before it in place', () => {
        const replies = [answer('first'), 'not JSON'];
        const { gpki } = openConnected(() => replies.shift(), '1.0.18.1219');
        assert.equal(gpki.GetVersion(0), 'first');
        assert.equal(gpki.GetVersion(0), 'first');
    });

    it('that is no UTF-8 is an empty text', () => {
        const { gpki } = openConnected(() => '{"result":"/w=="}');
        assert.equal(gpki.GetVersion(0), '');
    });
});
