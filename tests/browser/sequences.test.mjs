/* What known pages do from the first call to the last, with the PIN typed into the real window: with
 * software cards, and with a card in a reader of pcscd. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { browsers } from '../lib/browsers.mjs';
import { assertSigned } from '../lib/cms.mjs';
import { readDocument } from '../lib/gpki-document.mjs';
import { encode } from '../lib/judges.mjs';
import { cardEvents, isInside, openscModule, pivcard, runInside } from '../lib/pcscd.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { pinWindow } from '../lib/sandbox.mjs';
import { Bench, call, skipBrowser } from './bench.mjs';

const sha256 = 4;
const employee = 'GPKI_CertGetSubjectDirectoryAttrs';
const { state } = readDocument().functions.find(({ name }) => name === employee);

function defineTests(browser, options) {
    let bench;
    let page;

    before(async () => {
        bench = await Bench.start(browser, options());
        ({ page } = await bench.openAdapter('1.0.20.0423'));
    });

    after(() => bench?.stop());

    /* The value of a call after which get_lastError is 0. */
    async function succeed(...args) {
        const { value, code } = await call(page, ...args);
        assert.equal(code, 0, args[0]);
        return value;
    }

    /* Signs a text with a PIN that is typed into the window; resolves with the PKCS#7. */
    async function sign(text) {
        const signed = succeed('GPKI_SignData', '', text, 'MS950', 0, sha256);
        signed.catch(() => {}); /* told where it is awaited */
        await bench.display.waitWindow(pinWindow);
        await bench.display.type(bench.sandbox.pin);
        await bench.display.key('Return');
        const result = await signed;
        await bench.display.waitNoWindow(pinWindow);
        return result;
    }

    it('a bank looks for the card, and has the national number signed', async () => {
        await succeed('GPKI_DetectCard', 0);
        const signed = await sign('A123456789');
        const { signer } = await assertSigned(signed, bench.sandbox.hierarchy, 'A123456789');
        assert.match(signer, /CN=王測試/);
    });

    it('an agency reads the certificate, and has its challenge signed', async () => {
        const [certificate] = await succeed('GPKI_EnumCerts', 0x80);
        const file = join(dirname(bench.sandbox.hierarchy), 'citizen', 'sign.der');
        assert.deepEqual(Buffer.from(certificate, 'base64'), readFileSync(file));
        assert.equal(await succeed('GPKI_GetTailOfCitizenID', certificate, 0), '1234');
        assert.equal(await succeed('CAPICertGetSubject', certificate, 0x10000), '王測試');
        await assertSigned(await sign('登入挑戰 42'), bench.sandbox.hierarchy, encode('登入挑戰 42', 'MS950'));
        const answer = await call(page, employee, certificate, '2.16.886.1.100.2.202', 0);
        assert.deepEqual(answer, { value: '', code: state === 'done' ? 5050 : 5004 }); /* no employee */
    });
}

function defineAll(withReader) {
    for (const browser of browsers) {
        describe(`pages in ${browser.name}`, { skip: skipBrowser(browser) }, () => {
            describe('with a software card', () => defineTests(browser, () => ({})));
            describe('with a card in a reader', { skip: withReader }, () => {
                defineTests(browser, () => ({ more: ['--cards', 'none', '--module', openscModule()] }));
                it('which signed', () => assert.equal(cardEvents().at(-1), 'key 9A used'));
            });
        });
    }
}

const missing = skipWithout(pivcard, 'pkcs11-tool', 'pkg-config', 'unshare');
if (isInside) {
    defineAll(false);
} else {
    const reason = missing || runInside(import.meta.url, 'citizen');
    if (reason) {
        defineAll(reason);
    }
}
