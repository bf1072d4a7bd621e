/* Unmodified pages of both template versions sign in both browsers, with hufu kit as their service. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { browsers } from '../lib/browsers.mjs';
import { assertSigned } from '../lib/cms.mjs';
import { pinWindow } from '../lib/sandbox.mjs';
import { Bench, call, skipBrowser } from './bench.mjs';

const sha256 = 4;
const version = /^\d+\.\d+\.\d+\.\d{4}$/;

function signData(page, pin, text) {
    return call(page, 'GPKI_SignData', pin, text, 'MS950', 0, sha256);
}

for (const browser of browsers) {
    describe(`a page in ${browser.name}`, { skip: skipBrowser(browser) }, () => {
        let bench;

        before(async () => {
            bench = await Bench.startOnKit(browser);
        });

        after(() => bench?.stop());

        for (const template of ['1.0.18.1219', '1.0.20.0423']) {
            describe(`with template ${template}`, () => {
                let page;

                before(async () => {
                    const opened = await bench.openAdapter(template);
                    assert.equal(opened.code, 0);
                    page = opened.page;
                });

                after(() => page?.close());

                it('learns the versions', async () => {
                    const versions = await page.evaluate(() => [gpki.GetServiSignVersion(),
                        gpki.GetLibVersion(), gpki.GetInstallerVersion()]);
                    versions.forEach((text) => assert.match(text, version));
                    const { value, code } = await call(page, 'GetVersion', 0);
                    assert.match(value, version);
                    assert.equal(code, 0);
                });

                it('finds the card', async () => {
                    const { code } = await call(page, 'GPKI_DetectCard', 0);
                    assert.equal(code, 0);
                    const slots = await call(page, 'GPKI_GetSlotCount');
                    assert.ok(slots.value >= 1);
                });

                it('reads the certificate and its holder', async () => {
                    const { value: [certificate], code } = await call(page, 'GPKI_EnumCerts', 0);
                    assert.equal(code, 0);
                    const { subject } = new X509Certificate(Buffer.from(certificate, 'base64'));
                    const name = await call(page, 'CAPICertGetSubject', certificate, 0x10000);
                    assert.notEqual(name.value, '');
                    assert.ok(subject.includes(`CN=${name.value}`), subject);
                });

                it('signs with a PIN that the page passes', async () => {
                    const { value, code } = await signData(page, bench.sandbox.pin, 'challenge 42');
                    assert.equal(code, 0);
                    await assertSigned(value, bench.sandbox.hierarchy, 'challenge 42');
                });

                it('signs the bytes of the code page it names', async () => {
                    const { value } = await signData(page, bench.sandbox.pin, '登入挑戰 42');
                    const big5 = Buffer.from('b56ea44aac44bed4203432', 'hex');
                    await assertSigned(value, bench.sandbox.hierarchy, big5);
                });

                /* From here on the person is asked, until a right PIN was typed. */
                it('gets 9039 and no text for a wrong PIN', async () => {
                    const wrong = `${bench.sandbox.pin}9`;
                    assert.deepEqual(await signData(page, wrong, 'x'), { value: '', code: 9039 });
                });

                it('signs with a PIN typed into the window', async () => {
                    const answer = signData(page, '', 'typed');
                    await bench.display.waitWindow(pinWindow);
                    await bench.display.type(bench.sandbox.pin);
                    await bench.display.key('Return');
                    const { value, code } = await answer;
                    assert.equal(code, 0);
                    await assertSigned(value, bench.sandbox.hierarchy, 'typed');
                });

                it('gets 5070 and no text when the user cancels', async () => {
                    const answer = signData(page, '', 'cancelled');
                    await bench.display.waitWindow(pinWindow);
                    await bench.display.key('Escape');
                    assert.deepEqual(await answer, { value: '', code: 5070 });
                    await bench.display.waitNoWindow(pinWindow);
                });

                it('got only flat JSON of base64 texts, without a byte around it', async () => {
                    const replies = await page.evaluate(() => trace);
                    assert.ok(replies.length > 10);
                    for (const { text } of replies) {
                        assert.match(text, /^\{.*\}$/s);
                        const values = Object.values(JSON.parse(text));
                        values.forEach((value) => assert.match(value, /^[A-Za-z0-9+/]*={0,2}$/));
                    }
                });
            });
        }
    });
}
